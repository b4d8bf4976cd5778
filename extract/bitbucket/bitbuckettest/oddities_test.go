package bitbuckettest_test

import (
	"strings"
	"testing"
)

// TestOddities: what an honest client will meet must really be there.
func TestOddities(t *testing.T) {
	b := newSmall(t)
	b.Advance(200)
	c := newClient(t, b)
	found := map[string]int{}
	for _, r := range c.all("/repositories/acme?pagelen=100") {
		if r["mainbranch"] == nil {
			found["empty repository"]++
		}
		if r["parent"] != nil {
			found["fork"]++
		}
		if r["is_private"] == false {
			found["public repository"]++
		}
		base := "/repositories/acme/" + str(r["slug"]) + "/pullrequests"
		for _, p := range c.all(base + "?pagelen=50&fields=%2Bvalues.participants&" + allStates) {
			look(found, p)
		}
		for _, e := range c.all(base + "/activity?pagelen=50") {
			if len(e) == 1 {
				found["entry that says nothing"]++
			}
			if x, ok := e["comment"].(object); ok {
				if x["deleted"] == true {
					found["deleted comment"]++
				}
				if x["inline"] != nil {
					found["inline comment"]++
				}
				if x["parent"] != nil {
					found["reply"]++
				}
			}
			if x, ok := e["update"].(object); ok && x["author"] == nil {
				found["null author of an update"]++
			}
		}
	}
	for _, want := range []string{
		"empty repository", "fork", "public repository", "null author", "null participant", "fork gone", "decoy", "draft", "app_user", "long-lived", "approved",
		"changes_requested", "entry that says nothing", "deleted comment", "inline comment", "reply", "null author of an update",
	} {
		if found[want] == 0 {
			t.Errorf("no %s among %v", want, found)
		}
	}
}

func look(found map[string]int, p object) {
	author, ok := p["author"].(object)
	if !ok {
		found["null author"]++
	}
	if author["type"] == "app_user" {
		found["app_user"]++
	}
	for _, x := range p["participants"].([]any) {
		if x.(object)["user"] == nil {
			found["null participant"]++
		}
		found[str(x.(object)["state"])]++
	}
	if p["source"].(object)["repository"] == nil {
		found["fork gone"]++
	}
	for _, decoy := range []string{"UTF-8", "SHA-256", "CVE-2026-1"} {
		if strings.Contains(str(p["title"]), decoy) {
			found["decoy"]++
		}
	}
	if p["draft"] == true {
		found["draft"]++
	}
	if p["state"] == "OPEN" && str(p["created_on"]) < "2026-08" {
		found["long-lived"]++
	}
}
