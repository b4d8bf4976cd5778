package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/glue"
)

// A Glue is an empty catalogue: a database that is not there yet, on a simulated AWS Glue (moto) that the test binary starts on
// first use. Before it stands what moto does not do and Glue does: it refuses an update of a table that has been changed
// since it was read, answers that need several pages, and requests that are too large, or that one has no right to.
type Glue struct {
	URL      string
	Database string

	// Before, if set, is called with each request before it takes effect.
	Before func(action string)
	// PageSize is how many partitions an answer has at most.
	PageSize int

	target string
	client *glue.Client

	mu      sync.Mutex // an update is compared and made as one
	calls   map[string]int
	allowed []string // actions; nil: all
	errors  map[string]string
}

var (
	databases   atomic.Int64
	runningGlue = sync.OnceValues(startGlue)
)

// errNoMoto says that moto is not installed.
var errNoMoto = errors.New("a simulated AWS Glue (moto) is not installed: run make bin/moto/bin/moto_server")

// A moto is the server.
type moto struct {
	url  string
	pipe io.Closer // to the supervisor; collected as garbage, it would be closed
}

func startGlue() (*moto, error) {
	module, err := root()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(module, "bin", "moto", "bin", "moto_server")
	if _, err := os.Stat(program); err != nil {
		return nil, errNoMoto
	}
	dir, err := os.MkdirTemp("", "loadtest")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	m := &moto{url: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	if m.pipe, err = supervised(dir, port, nil, program, "-H", "127.0.0.1", "-p", strconv.Itoa(port)); err != nil {
		return nil, fmt.Errorf("starting moto: %w", err)
	}
	return m, nil
}

// NewGlue makes a catalogue. Where moto is not installed, the test is skipped; under CI it fails.
func NewGlue(t testing.TB) *Glue {
	t.Helper()
	server, err := runningGlue()
	if errors.Is(err, errNoMoto) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	g := &Glue{Database: fmt.Sprintf("test_%d_%d", os.Getpid(), databases.Add(1)), PageSize: 100, target: server.url, calls: map[string]int{}, errors: map[string]string{}}
	before := httptest.NewServer(g)
	t.Cleanup(before.Close)
	g.URL = before.URL
	g.client = glue.New(glue.Options{BaseEndpoint: &server.url, Region: region, Credentials: credentials.NewStaticCredentialsProvider("somebody", "else", "")})
	for _, e := range []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + region, "AWS_EC2_METADATA_DISABLED=true"} {
		if name, value, _ := strings.Cut(e, "="); os.Getenv(name) == "" {
			os.Setenv(name, value)
		}
	}
	return g
}

// Client returns a client of the catalogue that knows nothing of bucketlake, nor of what stands before moto.
func (g *Glue) Client() *glue.Client { return g.client }

// Calls returns how often each action was asked for since the last time.
func (g *Glue) Calls() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	calls := maps.Clone(g.calls)
	clear(g.calls)
	return calls
}

// Grant has the catalogue allow the actions of a policy, which stands in a file, and no others; all but some of them.
func (g *Glue) Grant(t testing.TB, file string, without ...string) {
	t.Helper()
	var actions []string
	for _, action := range PolicyActions(t, file) {
		if !slices.Contains(without, action) {
			actions = append(actions, action)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.allowed = actions
}

// Fail has the catalogue say for the first partition of each batch of an action that it failed by a code.
func (g *Glue) Fail(action, code string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.errors[action] = code
}

// PolicyActions lists what a policy allows.
func PolicyActions(t testing.TB, file string) (actions []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Statement []struct {
			Effect string
			Action json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	for _, s := range policy.Statement {
		var one string
		var several []string
		if json.Unmarshal(s.Action, &one) == nil {
			several = []string{one}
		} else if err := json.Unmarshal(s.Action, &several); err != nil {
			t.Fatal(err)
		}
		if s.Effect == "Allow" {
			actions = append(actions, several...)
		}
	}
	return actions
}

// ServeHTTP implements http.Handler.
func (g *Glue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	action := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSGlue.")
	if g.Before != nil {
		g.Before(action)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls[action]++
	if g.allowed != nil && !slices.Contains(g.allowed, "glue:"+action) {
		refuseCall(w, "AccessDeniedException", "User: arn:aws:sts::123456789012:assumed-role/worker/1 is not authorized to perform: glue:"+action+
			" on resource: arn:aws:glue:us-east-1:123456789012:catalog because no identity-based policy allows the action")
		return
	}
	var in struct {
		NextToken          string
		Name, VersionId    string
		DatabaseName       string
		TableInput         struct{ Name string }
		PartitionInputList []struct{ Values []string }
		Entries            []struct{ PartitionValueList []string }
		PartitionsToDelete []struct{ Values []string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		refuseCall(w, "SerializationException", err.Error())
		return
	}
	switch {
	case len(in.PartitionInputList) > 100, len(in.Entries) > 100, len(in.PartitionsToDelete) > 25:
		refuseCall(w, "ValidationException", "the list has too many members")
		return
	case action == "UpdateTable" && in.VersionId != "" && in.VersionId != g.version(r, in.DatabaseName, in.TableInput.Name):
		refuseCall(w, "ConcurrentModificationException", "Update table failed due to concurrent modifications.")
		return
	}
	status, answer := g.forward(r, action, body)
	if status == http.StatusOK && action == "GetPartitions" {
		answer = g.page(answer, in.NextToken)
	}
	if code := g.errors[action]; code != "" && status == http.StatusOK {
		values := map[string]any{"ErrorDetail": map[string]string{"ErrorCode": code, "ErrorMessage": "as the test wants it"}}
		switch {
		case len(in.PartitionInputList) > 0:
			values["PartitionValues"] = in.PartitionInputList[0].Values
		case len(in.Entries) > 0:
			values["PartitionValueList"] = in.Entries[0].PartitionValueList
		case len(in.PartitionsToDelete) > 0:
			values["PartitionValues"] = in.PartitionsToDelete[0].Values
		}
		answer, _ = json.Marshal(map[string]any{"Errors": []any{values}})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// refuseCall answers as Glue does.
func refuseCall(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "Message": message})
}

// forward asks moto.
func (g *Glue) forward(r *http.Request, action string, body []byte) (status int, answer []byte) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), http.MethodPost, g.target, bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway, nil
	}
	request.Header = r.Header.Clone()
	request.Header.Set("X-Amz-Target", "AWSGlue."+action)
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return http.StatusBadGateway, nil
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		return http.StatusBadGateway, nil
	}
	return resp.StatusCode, answer
}

// version returns which version of a table stands.
func (g *Glue) version(r *http.Request, database, table string) string {
	body, _ := json.Marshal(map[string]string{"DatabaseName": database, "Name": table})
	_, answer := g.forward(r, "GetTable", body)
	var out struct{ Table struct{ VersionId string } }
	_ = json.Unmarshal(answer, &out)
	return out.Table.VersionId
}

// page cuts a page out of an answer.
func (g *Glue) page(answer []byte, token string) []byte {
	var out struct {
		Partitions []json.RawMessage
		NextToken  string `json:",omitempty"`
	}
	if json.Unmarshal(answer, &out) != nil {
		return answer
	}
	from, _ := strconv.Atoi(token)
	to := min(from+g.PageSize, len(out.Partitions))
	if to < len(out.Partitions) {
		out.NextToken = strconv.Itoa(to)
	}
	out.Partitions = out.Partitions[min(from, to):to]
	page, err := json.Marshal(out)
	if err != nil {
		return answer
	}
	return page
}
