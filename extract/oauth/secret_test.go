package oauth_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"bucketlake/extract/oauth"
)

func TestSecretIsNeverShown(t *testing.T) {
	const planted = "planted-secret"
	type holder struct {
		Secret  oauth.Secret
		Pointer *oauth.Secret
		List    []oauth.Secret
		Map     map[string]oauth.Secret
		Any     any
	}
	s := oauth.Secret(planted)
	h := holder{s, &s, []oauth.Secret{s}, map[string]oauth.Secret{"key": s}, s}

	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%T", "%10s", "%-5.3s", "%t", "%U", "%b"} {
		fmt.Fprintf(&shown, verb+"\n", s)
		fmt.Fprintf(&shown, verb+"\n", h)
		fmt.Fprintf(&shown, verb+"\n", &h)
	}
	fmt.Fprintln(&shown, s, &s, h, fmt.Errorf("with %v", s), s.GoString(), s.String())
	for _, encode := range []func(any) error{
		json.NewEncoder(&shown).Encode,
		func(any) error { return xml.NewEncoder(&shown).Encode(oauth.Token{Access: s, Refresh: s}) },
		func(any) error { return gob.NewEncoder(&shown).Encode(oauth.Token{Access: s, Refresh: s}) },
		func(v any) error {
			return template.Must(template.New("").Parse("{{.Secret}} {{.}}")).Execute(&shown, v)
		},
	} {
		if err := encode(h); err != nil {
			t.Fatal(err)
		}
	}
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	for _, logger := range []*slog.Logger{slog.New(slog.NewJSONHandler(&shown, options)), slog.New(slog.NewTextHandler(&shown, options))} {
		logger.Debug("shown", "secret", s, "pointer", &s, "holder", h, "group", slog.GroupValue(slog.Any("s", s)))
	}

	text := shown.String()
	for _, leak := range []string{planted, strings.ToUpper(planted), fmt.Sprintf("%x", planted), fmt.Sprintf("%X", planted), fmt.Sprintf("% x", planted), "planted"} {
		if strings.Contains(text, leak) {
			t.Errorf("shows %q in:\n%s", leak, text)
		}
	}
	if s.Reveal() != planted {
		t.Error("Reveal doesn't reveal")
	}
}

// The types that hold secrets are printed by people who debug.
func TestHoldersAreNeverShown(t *testing.T) {
	t.Parallel()
	i := newInstall(t)
	p := i.start(t)
	_, grant := p.connect(t, i, 0)
	p.execute(t, "CREATE TRIGGER full BEFORE UPDATE OF sealed ON connections BEGIN SELECT RAISE(ABORT, 'disk full'); END")
	if _, err := p.source.Token(t.Context(), "acme", ""); err == nil { // leaves tokens in memory
		t.Fatal("stored on a full disk")
	}
	flow := oauth.NewFlow()
	flow.Begin(oauth.Ask{Consumer: i.consumer})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(verb+verb+verb+verb+verb, i.consumer, grant, p.source, p.store, flow)
		if strings.Contains(text, "planted") {
			t.Errorf("%s shows a secret: %s", verb, text)
		}
	}
}
