package usage_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/cmd/bucketlake/web"
	"bucketlake/load"
)

// page is the worker's page over a lake.
func page(lake *load.Lake) http.Handler {
	return web.Handler(web.Options{
		Usage: usage.New(lake, plain), Workspaces: func(context.Context) ([]string, error) { return []string{"acme"}, nil },
		PublicURL: "http://127.0.0.1:8080", Listening: "127.0.0.1:8080", Log: slog.New(slog.DiscardHandler),
	})
}

func visit(t testing.TB, h http.Handler, address string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+address, nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "1 to 25 of 980") {
		t.Fatalf("%s answers %d: %.300s", address, w.Code, w.Body)
	}
}

// BenchmarkPage opens the page of 1,000 people and five years: with nothing read before, as the first visitor does, and with
// all that did not change kept, as the others do.
func BenchmarkPage(b *testing.B) {
	c := company{people: 1000, repositories: 200, months: 60, rarely: 1}
	lake, days := newLake(b), c.days()
	c.land(b, lake, days)
	b.Logf("%d rows of feature_usage_daily", len(days))
	for _, last := range []string{"30", usage.Last90, "365", usage.All} {
		address := "/usage/acme?days=" + last
		b.Run("first/"+last, func(b *testing.B) {
			for b.Loop() {
				visit(b, page(lake), address)
			}
		})
		b.Run("again/"+last, func(b *testing.B) {
			h := page(lake)
			visit(b, h, address)
			for b.Loop() {
				visit(b, h, address)
			}
		})
	}
}
