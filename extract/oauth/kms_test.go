package oauth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bucketlake/extract/oauth"
)

// kmsServer is a server that speaks the protocol of AWS KMS, behind a proxy that can fail.
type kmsServer struct {
	url string

	fail   atomic.Pointer[func(w http.ResponseWriter) bool]
	mu     sync.Mutex
	called []string // operations, with the encryption context that each names
}

// kmsPath is where the server is built for this process.
var kmsPath = filepath.Join(os.TempDir(), fmt.Sprintf("bucketlake-test-kms-%d", os.Getpid()))

// buildKMS builds the server once, outside of the module: its libraries are none of ours.
var buildKMS = sync.OnceValue(func() error {
	out, err := exec.Command("go", "build", "-C", filepath.Join("..", "..", ".ci", "kms"), "-o", kmsPath, ".").CombinedOutput()
	if err != nil {
		return fmt.Errorf("building .ci/kms: %w\n%s", err, out)
	}
	return nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	os.Remove(kmsPath)
	os.Exit(code)
}

// startKMS starts a KMS for a test and points the AWS SDK at it.
func startKMS(t *testing.T) *kmsServer {
	t.Helper()
	if err := buildKMS(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(kmsPath)
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
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	var address string
	if _, err := fmt.Fscan(out, &address); err != nil {
		t.Fatal(err)
	}
	k := &kmsServer{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	proxy.ErrorLog = log.New(io.Discard, "", 0) // of processes that were killed
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail := k.fail.Load(); fail != nil && (*fail)(w) {
			return
		}
		k.note(r)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	k.url = server.URL
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "planted-aws-secret",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	return k
}

func (k *kmsServer) note(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var call struct{ EncryptionContext map[string]string }
	_ = json.Unmarshal(body, &call)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	k.mu.Lock()
	defer k.mu.Unlock()
	k.called = append(k.called, fmt.Sprint(operation, " ", call.EncryptionContext))
}

func (k *kmsServer) calls() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string{}, k.called...)
}

// Fail makes all calls fail with f; nil heals it.
func (k *kmsServer) Fail(f func(w http.ResponseWriter) bool) { k.fail.Store(&f) }

func (k *kmsServer) Heal() { k.fail.Store(nil) }

// says is an error of KMS, in its documented form.
func says(status int, kind string) func(http.ResponseWriter) bool {
	return func(w http.ResponseWriter) bool {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"__type":%q,"message":"planted words of the server"}`, kind)
		return true
	}
}

func (k *kmsServer) call(t *testing.T, operation, body string, answer any) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, k.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "TrentService."+operation)
	// Any signature will do.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261101/eu-central-1/kms/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("%s: %s %s %v", operation, response.Status, text, err)
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			t.Fatal(err)
		}
	}
}

// newKey makes a key and returns its address as KEYSET_KMS_URI takes it.
func (k *kmsServer) newKey(t *testing.T) string {
	t.Helper()
	var answer struct{ KeyMetadata struct{ Arn string } }
	k.call(t, "CreateKey", "{}", &answer)
	return "aws-kms://" + answer.KeyMetadata.Arn
}

func keyID(uri string) string { return uri[strings.LastIndex(uri, "/")+1:] }

func TestKeysetInKMS(t *testing.T) {
	kms := startKMS(t)
	eachInstall(t, func(t *testing.T, i *install) {
		i.keys.KMSURI = kms.newKey(t)
		before := len(kms.calls())
		p := i.start(t)
		p.connect(t, i, 0)
		token := p.mustToken(t, "")
		if again := i.start(t).mustToken(t, ""); again != token {
			t.Errorf("another process opens %s, want %s", again, token)
		}
		if _, err := os.Stat(i.keyset()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a file was made: %v", err)
		}
		calls := kms.calls()[before:]
		const want = "map[associatedData:6275636b65746c616b65206b6579736574206f6620746f6b656e73]" // "bucketlake keyset of tokens"
		if got := strings.Join(calls, "\n"); got != "Encrypt "+want+"\nDecrypt "+want+"\nDecrypt "+want {
			t.Errorf("KMS was called:\n%s", got)
		}
		var wrapped []byte
		if err := p.db.SQL().QueryRow("SELECT wrapped FROM keysets").Scan(&wrapped); err != nil || bytes.Contains(wrapped, []byte("typeUrl")) || bytes.Contains(wrapped, []byte("AesGcmKey")) {
			t.Errorf("wrapped %q, %v", wrapped, err)
		}
		// KMS away: who has the keyset goes on, refreshes included.
		kms.Fail(says(500, "KMSInternalException"))
		defer kms.Heal()
		p.mustToken(t, token)
	})
}

// A KMS that hangs while another process has rotated: the answer of Bitbucket is sealed with the key at hand, and stored.
func TestHangingKMSCostsNoAnswer(t *testing.T) {
	kms := startKMS(t)
	i := newInstall(t)
	i.bitbucket.Grace = 0
	i.keys.KMSURI = kms.newKey(t)
	p := i.start(t)
	p.connect(t, i, time.Hour)
	damageWrapped(t, i, func(b []byte) []byte { return append(b, 0) }) // any change makes it look
	hanging := make(chan struct{})
	defer close(hanging)
	kms.Fail(func(http.ResponseWriter) bool { <-hanging; return true })
	if done, err := p.source.KeepAlive(t.Context(), "acme", time.Now().Add(time.Hour)); !done || err != nil {
		t.Errorf("refreshed %t, %v", done, err)
	}
	p.mustToken(t, "")
}

func TestKeysetMovesToKMS(t *testing.T) {
	kms := startKMS(t)
	eachInstall(t, func(t *testing.T, i *install) {
		p := i.start(t)
		p.connectAll(t, i, time.Hour)
		i.keys.KMSURI = kms.newKey(t)
		moving := i.start(t)
		moving.openAll(t) // nothing was wrapped yet: the file serves
		// A failure before the keyset is stored leaves everything as it was.
		moving.trigger(t, "INSERT ON keysets", "NEW.name = 'tokens'")
		if done, err := oauth.RotateKeys(t.Context(), moving.store); err == nil {
			t.Errorf("rotated: %+v", done)
		}
		moving.openAll(t)
		i.start(t).openAll(t)
		moving.heal(t, "keysets")
		done := i.start(t).rotate(t)
		if done.Imported != i.keyset() || done.Keys != 2 || done.Resealed != 3 {
			t.Errorf("%+v", done)
		}
		moving.openAll(t)
		if err := os.Remove(i.keyset()); err != nil {
			t.Fatal(err)
		}
		i.start(t).openAll(t)
		if done := i.start(t).rotate(t); done.Imported != "" || done.Keys != 3 {
			t.Errorf("a second rotation: %+v", done)
		}
	})
}

func TestWrappedKeysetIsLost(t *testing.T) {
	kms := startKMS(t)
	i := newInstall(t)
	i.keys.KMSURI = kms.newKey(t)
	p := i.start(t)
	p.connect(t, i, time.Hour)
	p.execute(t, "DELETE FROM keysets")
	next := i.start(t)
	presented(t, next.store, oauth.NeedsReconnect, "is missing (restore ")
	_, grant := next.connect(t, i, time.Hour)
	if token := i.start(t).mustToken(t, ""); token != grant.Token.Access.Reveal() {
		t.Errorf("connected again: %s", token)
	}
}

func TestKMSFaults(t *testing.T) {
	kms := startKMS(t)
	i := newInstall(t)
	i.keys.KMSURI = kms.newKey(t)
	other := kms.newKey(t)
	i.start(t).connect(t, i, time.Hour)
	for name, c := range map[string]struct {
		fault func(t *testing.T, keys *oauth.KeysetConfig)
		want  string
	}{
		"no right":        {func(*testing.T, *oauth.KeysetConfig) { kms.Fail(says(400, "AccessDeniedException")) }, "give these credentials kms:Encrypt and kms:Decrypt"},
		"credentials":     {func(*testing.T, *oauth.KeysetConfig) { kms.Fail(says(400, "UnrecognizedClientException")) }, "AWS does not accept the credentials"},
		"expired session": {func(*testing.T, *oauth.KeysetConfig) { kms.Fail(says(400, "ExpiredTokenException")) }, "AWS does not accept the credentials"},
		"throttled":       {func(*testing.T, *oauth.KeysetConfig) { kms.Fail(says(400, "ThrottlingException")) }, "try again later"},
		"another error":   {func(*testing.T, *oauth.KeysetConfig) { kms.Fail(says(500, "PlantedException")) }, "AWS KMS answered 500 Internal Server Error"},
		"HTML": {func(*testing.T, *oauth.KeysetConfig) {
			kms.Fail(func(w http.ResponseWriter) bool {
				w.WriteHeader(502)
				io.WriteString(w, "<h1>planted</h1>")
				return true
			})
		}, "AWS KMS answered 502 Bad Gateway"},
		"disabled": {func(t *testing.T, _ *oauth.KeysetConfig) {
			kms.call(t, "DisableKey", fmt.Sprintf(`{"KeyId":%q}`, keyID(i.keys.KMSURI)), nil)
			t.Cleanup(func() { kms.call(t, "EnableKey", fmt.Sprintf(`{"KeyId":%q}`, keyID(i.keys.KMSURI)), nil) })
		}, "is disabled, or about to be deleted: enable it"},
		"about to be deleted": {func(*testing.T, *oauth.KeysetConfig) { kms.Fail(says(400, "KMSInvalidStateException")) }, "is disabled, or about to be deleted"},
		"no such key": {func(_ *testing.T, keys *oauth.KeysetConfig) {
			keys.KMSURI = "aws-kms://arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
		}, "AWS KMS has no key aws-kms://arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
		"another region": {func(_ *testing.T, keys *oauth.KeysetConfig) {
			keys.KMSURI = strings.Replace(keys.KMSURI, "eu-central-1", "us-east-1", 1)
			kms.Fail(says(400, "NotFoundException"))
		}, "check the region, account and id in KEYSET_KMS_URI"},
		"another key": {func(_ *testing.T, keys *oauth.KeysetConfig) { keys.KMSURI = other }, "it was wrapped with " + i.keys.KMSURI + ": set KEYSET_KMS_URI to that"},
		"unreachable": {func(t *testing.T, _ *oauth.KeysetConfig) { t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1") }, "AWS KMS can't be reached"},
		"no credentials": {func(t *testing.T, _ *oauth.KeysetConfig) {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		}, "there are no AWS credentials"},
		"no configuration": {func(t *testing.T, _ *oauth.KeysetConfig) { t.Setenv("AWS_MAX_ATTEMPTS", "many") }, "the AWS configuration can't be read"},
		"no address":       {func(_ *testing.T, keys *oauth.KeysetConfig) { keys.KMSURI = "arn:aws:kms:eu-central-1:1:key/x" }, "is no key of AWS KMS: set it to aws-kms://"},
		"cut short": {func(t *testing.T, _ *oauth.KeysetConfig) {
			damageWrapped(t, i, func(b []byte) []byte { return b[:len(b)-20] })
		}, "is damaged: restore its table keysets from a backup"},
		"not a keyset": {func(t *testing.T, _ *oauth.KeysetConfig) {
			damageWrapped(t, i, func([]byte) []byte { return []byte("planted") })
		}, "is damaged: restore its table keysets from a backup"},
	} {
		t.Run(name, func(t *testing.T) {
			keys := i.keys
			p := i.start(t)
			c.fault(t, &keys)
			start := time.Now()
			_, err := oauth.OpenKeyset(t.Context(), keys, p.db)
			if !errors.Is(err, oauth.ErrKeyset) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), "\n")) {
				t.Errorf("error says too much: %v", err)
			}
			// A process that opened it before goes on, and to another one the connection is not dead.
			p.mustToken(t, "")
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			kms.Heal()
		})
	}
	i.start(t).mustToken(t, "")
}

// damageWrapped changes the wrapped keyset for the length of a test.
func damageWrapped(t *testing.T, i *install, damage func([]byte) []byte) {
	t.Helper()
	p := i.open(t)
	var wrapped []byte
	if err := p.db.SQL().QueryRow("SELECT wrapped FROM keysets").Scan(&wrapped); err != nil {
		t.Fatal(err)
	}
	set := func(b []byte) {
		if _, err := p.db.SQL().Exec("UPDATE keysets SET wrapped = $1", b); err != nil {
			t.Fatal(err, base64.StdEncoding.EncodeToString(b))
		}
	}
	set(damage(bytes.Clone(wrapped)))
	t.Cleanup(func() { set(wrapped) })
}
