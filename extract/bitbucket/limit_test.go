package bitbucket_test

import (
	"context"
	"net/http"
	"testing"

	"bucketlake/extract/bitbucket"
)

func TestRateLimitIsObserved(t *testing.T) {
	for name, tt := range map[string]struct {
		header map[string]string
		status int
		want   *bitbucket.RateLimit
	}{
		"over OAuth":          {nil, 200, nil},
		"an access token":     {map[string]string{"X-RateLimit-Limit": "2000", "X-RateLimit-NearLimit": "false"}, 200, &bitbucket.RateLimit{PerHour: 2000, Remaining: -1}},
		"nearly spent":        {map[string]string{"X-RateLimit-Limit": "2000", "X-RateLimit-NearLimit": "true"}, 200, &bitbucket.RateLimit{PerHour: 2000, Remaining: -1, Near: true}},
		"spent":               {map[string]string{"X-RateLimit-Limit": "1000", "X-RateLimit-NearLimit": "true"}, 429, &bitbucket.RateLimit{PerHour: 1000, Remaining: -1, Near: true}},
		"what is left":        {map[string]string{"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0"}, 200, &bitbucket.RateLimit{PerHour: 1000, Remaining: 0}},
		"what makes no sense": {map[string]string{"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "-3", "X-RateLimit-NearLimit": "soon"}, 200, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tt.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(`{}`))
			})
			var got *bitbucket.RateLimit
			c.Observed = func(_ context.Context, l bitbucket.RateLimit) { got = &l }
			_, _ = workspace(c)
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("observed %+v, want %+v", got, tt.want)
			}
		})
	}
}
