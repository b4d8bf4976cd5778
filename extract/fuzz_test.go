package extract_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"bucketlake/extract"
)

// FuzzStreams gives a stream any position and any answer: it must end after few requests, and a
// position that it reaches must be one that it can go on from.
func FuzzStreams(f *testing.F) {
	cursors := []string{
		``, `null`, `{}`, `{"mark":"2026-10-01T00:00:00.123456Z"}`, `{"at":"2026-10-01T00:00:00Z","rows":3,"empty":true}`,
		`{"repositories":{"{a}":null,"{b}":{}},"next":"{b}"}`,
		`{"repositories":{"{a}":{"mark":"2026-10-01T00:00:00Z","next":"https://api.example/2.0/x?page=2","newest":"2026-10-02T00:00:00Z"}}}`,
		`{"at":{"changed":"2026-10-01T00:00:00Z","repository":"{a}","id":1},"behind":{"{a}":{}},"again":[{"Repository":"{a}","ID":7}]}`,
		`{"repositories":{"{a}":{"heads":["1"],"marks":{"OPEN":"2026-10-01T00:00:00Z"},"open":["{p}"]}}}`, `[]`, `"x"`,
	}
	answers := []string{
		`{"values":[]}`, `{"size":1,"values":[{"uuid":"{1}","id":1,"name":"n","hash":"1","date":"2026-10-03T00:00:00Z","created_on":"2026-10-03T00:00:00.109572944Z","updated_on":"2026-10-03T00:00:00Z"}]}`,
		`{"values":[{"pull_request":{"id":1},"update":{"date":"2026-10-03T00:00:00Z","changes":{}}},{}],"next":"https://api.example/2.0/x?page=2"}`,
		`{"values":[null,{"user":null}],"next":"https://elsewhere.example/"}`, `{"error":{"message":"no","detail":"text"}}`, `null`, ``, `{`,
		`{"values":[{"created_on":"9999-12-31T23:59:59-12:00","updated_on":"9999-12-31T23:59:59-12:00","date":"9999-12-31T23:59:59-12:00"}]}`,
	}
	for i := range extract.Streams() {
		for k, cursor := range cursors {
			f.Add(byte(i), []byte(cursor), 200, []byte(answers[(i+k)%len(answers)]))
		}
		for _, answer := range answers {
			f.Add(byte(i), []byte{}, 200, []byte(answer))
		}
		f.Add(byte(i), []byte{}, 403, []byte(answers[4]))
		f.Add(byte(i), []byte{}, 404, []byte{})
	}
	f.Fuzz(func(t *testing.T, stream byte, cursor []byte, status int, answer []byte) {
		if status < 200 || status > 599 || status/100 == 3 {
			return
		}
		streams := extract.Streams()
		st := streams[int(stream)%len(streams)]
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		requests := 0
		src := source(func(w http.ResponseWriter, _ *http.Request) {
			if requests++; requests > 300 {
				cancel()
			}
			w.WriteHeader(status)
			_, _ = w.Write(answer)
		})
		src.Now, src.Every = time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC), 24*time.Hour
		src.Heads = func(context.Context, string) ([]string, error) { return []string{"1", "2"}, nil }
		src.Pipelines = func(_ context.Context, _ string, since time.Time) ([]extract.PipelineChange, error) {
			return []extract.PipelineChange{{UUID: "{1}", CreatedOn: since, Changed: since}, {UUID: "{2}", CreatedOn: since, Changed: since.Add(time.Hour)}}, nil
		}
		src.PullRequests = func(_ context.Context, since time.Time) ([]extract.PullRequestChange, error) {
			return []extract.PullRequestChange{
				{Repository: "{a}", ID: 1, CreatedOn: since, Comments: 1, Changed: since.Add(time.Hour)},
				{Repository: "{b}", ID: 2, CreatedOn: since, Comments: 1, Changed: since.Add(time.Hour)},
			}, nil
		}
		_, reached, err := read(st.Read(ctx, src, cursor))
		if requests > 300 {
			t.Fatalf("%s asks on and on", st.Name)
		}
		if reached == nil {
			return
		}
		// What it reached has to be a position, whatever ended the reading.
		stop := source(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
		stop.Now, stop.Every, stop.Heads, stop.Pipelines, stop.PullRequests = src.Now, src.Every, src.Heads, src.Pipelines, src.PullRequests
		if _, _, again := read(st.Read(t.Context(), stop, reached)); again != nil && strings.Contains(again.Error(), "reading the cursor") {
			t.Errorf("%s reached %s (%v), and does not take it: %v", st.Name, reached, err, again)
		}
	})
}
