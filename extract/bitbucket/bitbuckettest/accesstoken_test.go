package bitbuckettest_test

import (
	"testing"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

func TestAccessToken(t *testing.T) {
	b := newSmall(t)
	c := &client{t, b, b.AccessToken(20, "repository", "pullrequest")}
	status, header, _ := c.get("/repositories/acme")
	if status != 200 || header.Get("X-RateLimit-Limit") != "20" || header.Get("X-RateLimit-NearLimit") != "false" || header.Get("X-RateLimit-Remaining") != "" {
		t.Errorf("%d, %v", status, header)
	}
	if status, header, _ := c.get("/workspaces/acme"); status != 200 || header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("outside of the scaled paths: %d, %v", status, header)
	}
	if status, _, body := c.get("/user"); status != 403 || message(t, body) != "This API is not accessible by this authentication mechanism" {
		t.Errorf("/user: %d %s", status, body)
	}
	if status, _, _ := c.get("/workspaces/acme/members"); status != 403 {
		t.Errorf("without the scope account: %d", status)
	}
	for n := range 19 {
		if status, header, _ = c.get("/repositories/acme"); status != 200 {
			t.Fatalf("request %d: %d", n+2, status)
		}
	}
	if header.Get("X-RateLimit-NearLimit") != "true" {
		t.Errorf("at the end of the hour: %v", header)
	}
	if status, _, _ = c.get("/repositories/acme"); status != 429 {
		t.Errorf("past it: %d", status)
	}
	if status, _, _ = newClient(t, b).get("/repositories/acme"); status != 200 {
		t.Errorf("the token's hour is the consumer's, too: %d", status)
	}
	b.RevokeGrants()
	if status, _, _ = c.get("/workspaces/acme"); status != 401 {
		t.Errorf("revoked: %d", status)
	}
}

func TestTokenLifeAndTick(t *testing.T) {
	now := end
	b := newSmall(t, func(o *bitbuckettest.Options) {
		o.TokenLife, o.Now = time.Minute, func() time.Time { return now }
	})
	id := bitbuckettest.DefaultConsumer.ID
	b.Tick(id, "account")
	access, refresh := b.Grant(id)
	c := &client{t, b, access}
	if status, _, _ := c.get("/workspaces/acme/members"); status != 200 {
		t.Errorf("with what is ticked: %d", status)
	}
	if status, _, _ := c.get("/repositories/acme"); status != 403 {
		t.Errorf("with what is not: %d", status)
	}
	now = now.Add(time.Minute)
	if status, _, _ := c.get("/workspaces/acme/members"); status != 401 {
		t.Errorf("after a minute: %d", status)
	}
	b.Tick(id, "account", "repository")
	if _, o := refreshWith(t, b, refresh); o["scope"] != "account" || o["expires_in"] != 60.0 {
		t.Errorf("refreshed: %v", o)
	}
}
