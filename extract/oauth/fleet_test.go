package oauth_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

const (
	fleetProcesses = 4
	fleetCallers   = 100 // in each
)

// fleetOrder is what a process of the fleet is told, on its standard input.
type fleetOrder struct {
	Database string // STATE_URL: it holds a password, so it is no argument
	Keyset   string
	KMSURI   string
	TokenURL string
}

// TestFleetRefreshesOnce starts real processes, in which all goroutines ask at the moment at which the token expires.
func TestFleetRefreshesOnce(t *testing.T) {
	if os.Getenv("TEST_FLEET") != "" {
		fleetProcess(t)
		return
	}
	eachInstall(t, func(t *testing.T, i *install) {
		p := i.start(t)
		p.connect(t, i, time.Hour)
		var fleet []*fleetMember
		for range fleetProcesses {
			fleet = append(fleet, startFleet(t, fleetOrder{Database: i.database, Keyset: i.keyset(), TokenURL: i.consumer.TokenURL}))
		}
		for _, member := range fleet {
			member.say(t, "ready")
		}
		c, grant := p.connect(t, i, time.Minute+500*time.Millisecond)
		moment := c.ExpiresAt.Add(time.Millisecond - time.Minute) // from here on it isn't handed out
		i.bitbucket.Fail(func(http.ResponseWriter, *http.Request) bool { time.Sleep(50 * time.Millisecond); return false })
		for _, member := range fleet {
			if err := member.in.Encode(moment); err != nil {
				t.Fatal(err)
			}
		}
		got := map[string]int{}
		for _, member := range fleet {
			var tokens []string
			if err := json.Unmarshal([]byte(member.say(t, "")), &tokens); err != nil {
				t.Fatal(err)
			}
			for _, token := range tokens {
				got[token]++
			}
		}
		took := time.Since(moment)
		token := p.mustToken(t, "")
		if got[token] != fleetProcesses*fleetCallers || token == grant.Token.Access.Reveal() || i.bitbucket.Refreshes() != 1 {
			t.Errorf("%d refreshes, tokens %v, stored %s; want one refresh, and its token for all", i.bitbucket.Refreshes(), got, token)
		}
		t.Logf("%d goroutines in %d processes had the one new token %s after the old one's end", fleetProcesses*fleetCallers, fleetProcesses, took.Round(time.Millisecond))
	})
}

// fleetMember is a process of the fleet.
type fleetMember struct {
	in  *json.Encoder
	out *bufio.Reader
}

func startFleet(t *testing.T, order fleetOrder) *fleetMember {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFleetRefreshesOnce$")
	cmd.Env = append(os.Environ(), "TEST_FLEET=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // ends one that waits for its orders
		if err := cmd.Wait(); err != nil {
			t.Errorf("a process of the fleet: %v", err)
		}
	})
	member := &fleetMember{json.NewEncoder(in), bufio.NewReader(out)}
	if err := member.in.Encode(order); err != nil {
		t.Fatal(err)
	}
	return member
}

// say returns the member's next line, which is want, if that is set.
func (m *fleetMember) say(t *testing.T, want string) string {
	t.Helper()
	line, err := m.out.ReadString('\n')
	line = strings.TrimSpace(line)
	if err != nil || want != "" && line != want {
		t.Fatalf("a process of the fleet says %q, %v", line, err)
	}
	return line
}

func fleetProcess(t *testing.T) {
	orders := json.NewDecoder(os.Stdin)
	var order fleetOrder
	if err := orders.Decode(&order); err != nil {
		t.Fatal(err)
	}
	db, err := state.Open(t.Context(), order.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keys, err := oauth.OpenKeyset(t.Context(), oauth.KeysetConfig{File: order.Keyset}, db)
	if err != nil {
		t.Fatal(err)
	}
	source := oauth.NewSource(oauth.NewStore(db, keys), []oauth.Consumer{{ClientID: clientID, ClientSecret: clientSecret, TokenURL: order.TokenURL}})
	os.Stdout.WriteString("ready\n")
	var moment time.Time
	if err := orders.Decode(&moment); err != nil {
		t.Fatal(err)
	}
	tokens := make([]string, fleetCallers)
	var group sync.WaitGroup
	for n := range tokens {
		group.Go(func() {
			time.Sleep(time.Until(moment))
			token, err := source.Token(t.Context(), "acme", "")
			if err != nil {
				t.Error(err)
			}
			tokens[n] = token
		})
	}
	group.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(tokens); err != nil {
		t.Fatal(err)
	}
}
