package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// do runs steps, and says what the page showed when one of them failed.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v; the page says:\n%s", err, b.text())
	}
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
}

// press presses the button of that name, and waits for the page that it leads to.
func (b *browser) press(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	button := fmt.Sprintf(`//button[normalize-space()=%q]`, name)
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(button, chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("pressing %q: %v; the page says:\n%s", name, err, b.text())
	}
}

// text returns what a person reads on the page.
func (b *browser) text() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : ''"))
	if err != nil {
		return err.Error()
	}
	return text
}

// see waits until the page shows all of this.
func (b *browser) see(wants ...string) {
	b.t.Helper()
	for _, want := range wants {
		for deadline := time.Now().Add(time.Minute); !strings.Contains(b.text(), want); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				b.t.Fatalf("no %q on the page, which says:\n%s", want, b.text())
			}
		}
	}
}

// complete waits until the page says that a sync has been complete, however long ago.
func (b *browser) complete() {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, said, ok := strings.Cut(b.text(), "Complete as of\n")
		if ok && !strings.HasPrefix(said, "not yet") {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("no sync is complete; the page says:\n%s", b.text())
		}
	}
}

func (b *browser) seeNot(text string) {
	b.t.Helper()
	if strings.Contains(b.text(), text) {
		b.t.Errorf("%q on the page, which says:\n%s", text, b.text())
	}
}

// grant goes from the consent page back, through the login where that is asked for.
func (b *browser) answer(choice string) {
	b.t.Helper()
	b.see("simulated Bitbucket")
	if strings.Contains(b.text(), "Password") {
		b.do(chromedp.SendKeys(chromedp.ID("password"), "any"))
		b.press("Log in")
	}
	b.see("asks to read, in your name")
	b.press(choice)
}

// picture takes screenshots of the page on a wide screen and on a phone, light and dark, into the folder of that name
// in SCREENSHOTS, if that is set. Whatever the screen, nothing may stick out of it.
func (b *browser) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir != "" {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, width := range []int64{1280, 380} {
		for _, scheme := range []string{"light", "dark"} {
			b.do(chromedp.EmulateViewport(width, 560, chromedp.EmulateScale(2)), b.prefer(scheme))
			over, err := chromedp.Run(b.ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
			if err != nil || over > 0 {
				b.t.Errorf("%s at %d pixels sticks out by %d (%v)", name, width, over, err)
			}
			if dir == "" {
				continue
			}
			png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				b.t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), png, 0o644); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.do(chromedp.EmulateViewport(1280, 800), b.prefer("light"))
}

func (b *browser) prefer(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// TestConnections walks through the life of a connection: Deny, Connect, Sync now and its progress, a revocation,
// Reconnect, with fewer permissions, Disconnect.
func TestConnections(t *testing.T) {
	w := start(t, bitbuckettest.Options{})
	b := open(t)
	b.open(w.page)
	b.see("Connect your first workspace", w.page+"/oauth/callback")
	b.picture("empty")

	b.press("Connect a workspace")
	b.answer("Deny")
	b.see("it was denied on the consent page: connect again and choose Grant access.", "Connect your first workspace")
	b.picture("denied")

	b.press("Connect a workspace")
	b.answer("Grant access")
	b.see("Connected workspace acme as", "a sync begins now")
	// It shows how the sync goes on, without being loaded again, and that it is done.
	b.see("Syncing ", "requests since")
	b.picture("syncing")
	b.see("Complete as of\njust now")
	b.seeNot("Syncing")
	b.press("Reconnect") // the same account and permissions: nothing to ask
	b.answer("Grant access")
	b.see("Connected workspace acme as")
	b.do(chromedp.Click("//summary[.='Streams and permissions']", chromedp.NodeVisible))
	b.see("pull_request_tasks", "fine", "Pull requests: Read")
	b.picture("connected")

	w.bitbucket.Advance(20)
	b.open(w.page)
	b.see("Complete as of")
	b.press("Sync now")
	b.see("Workspace acme: a sync")

	w.bitbucket.RevokeGrants()
	b.open(w.page)
	b.press("Sync now")
	b.see("Reconnect needed", "Bitbucket no longer accepts its refresh token", "Reconnect, and reading goes on where it stopped.")
	b.picture("revoked")
	w.bitbucket.ResetRequests()
	b.press("Reconnect")
	b.answer("Grant access")
	b.see("Connected workspace acme as", "a sync begins now")
	b.see("Complete as of\njust now")
	spent := 0
	for _, r := range w.bitbucket.Requests() {
		spent += r.Count
	}
	if spent > 100 {
		t.Errorf("%d requests after Reconnect: were the cursors lost?", spent)
	}

	w.bitbucket.Tick(bitbuckettest.DefaultConsumer.ID, "account", "project", "repository")
	b.press("Reconnect")
	b.answer("Grant access")
	b.see("Connect acme anew?", "It loses the permission Pull requests: Read", "pull_request_activity")
	b.picture("review")
	b.press("Leave it as it is")
	b.see("Nothing was changed.", "Connected")
	b.seeNot("Needs attention")
	b.press("Reconnect")
	b.answer("Grant access")
	b.press("Connect acme")
	b.see("Needs attention", "tick Pull requests: Read on the OAuth consumer")
	b.picture("attention")

	b.do(chromedp.Click("//summary[.='Disconnect']", chromedp.NodeVisible))
	b.see("Its tokens are forgotten and nothing more is read.")
	b.press("Disconnect acme")
	b.see("Disconnected workspace acme; what has landed stays.")
	b.seeNot("Sync now")
	b.picture("disconnected")
}

// TestWithoutJavaScript connects, and sees the progress, in a browser that runs no scripts.
func TestWithoutJavaScript(t *testing.T) {
	w := start(t, bitbuckettest.Options{Scale: bitbuckettest.Scale{Members: 20, Repositories: 12, PullRequests: 300, Months: 6}})
	b := open(t)
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open(w.page)
	b.press("Connect a workspace")
	b.answer("Grant access")
	b.see("Connected workspace acme as")
	for deadline := time.Now().Add(time.Minute); !strings.Contains(b.text(), "requests since"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no progress to be seen; the page says:\n%s", b.text())
		}
		b.open(w.page)
	}
	b.complete() // it looks again by itself
}

// TestKeyboard goes through the page with the Tab key alone, and connects with Enter.
func TestKeyboard(t *testing.T) {
	w := start(t, bitbuckettest.Options{})
	b := open(t)
	b.open(w.page)
	focused := func() string {
		name, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.activeElement.innerText.trim()"))
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	var passed []string
	for range 10 {
		b.do(chromedp.KeyEvent(kb.Tab))
		passed = append(passed, focused())
		if focused() == "Connect a workspace" {
			break
		}
	}
	if got := strings.Join(passed, ", "); got != "Skip to content, bucketlake, Connections, Usage, Sync, Connect a workspace" {
		t.Errorf("Tab passes %s", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.answer("Grant access")
	b.see("Connected workspace acme as")
}

// TestPassword logs in, on a page that asks for a password.
func TestPassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("correct horse battery"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := start(t, bitbuckettest.Options{}, "WEB_PASSWORD_FILE="+file)
	b := open(t)
	b.open(w.page)
	b.see("Log in", "WEB_PASSWORD_FILE")
	b.picture("login")
	b.allow = "403 (Forbidden)" // what the browser says of the answer to a wrong password
	b.do(chromedp.SendKeys(chromedp.ID("password"), "wrong"))
	b.press("Log in")
	b.see("That password is wrong.")
	b.do(chromedp.SendKeys(chromedp.ID("password"), "correct horse battery"))
	b.press("Log in")
	b.see("Connect your first workspace", "Log out")
	b.picture("logged-in")
	b.press("Connect a workspace") // the session outlives the way to Bitbucket and back
	b.answer("Grant access")
	b.see("Connected workspace acme as")
	b.press("Log out")
	b.see("WEB_PASSWORD_FILE")
}

// TestSeveralWorkspaces picks one of several that access reaches, and then connects the next.
func TestSeveralWorkspaces(t *testing.T) {
	w := start(t, bitbuckettest.Options{MoreWorkspaces: []string{"zebra-crossing"}})
	b := open(t)
	b.open(w.page)
	b.press("Connect a workspace")
	b.answer("Grant access")
	b.see("Which workspace?", "acme", "zebra-crossing")
	b.picture("choice")
	b.do(chromedp.Click("//label[contains(., 'zebra-crossing')]", chromedp.NodeVisible))
	b.press("Connect")
	b.see("Connected workspace zebra-crossing as")
	b.press("Connect a workspace")
	b.answer("Grant access")
	b.see("Which workspace?")
	b.press("Connect")
	b.see("Connected workspace acme as", "zebra-crossing")
	b.see("Complete as of\njust now")
	b.picture("two")
}
