package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"bucketlake/cmd/bucketlake/connect"
	"bucketlake/cmd/bucketlake/web"
	"bucketlake/extract/oauth"
)

// connecting is one run of the command.
type connecting struct {
	workspace string
	clientID  string
	tokenFile string
	expires   string
	noBrowser bool
	yes       bool
}

func connectCommand() *cobra.Command {
	var k connecting
	cmd := &cobra.Command{
		Use: "connect", Short: "Connect a workspace, or connect it again", Args: cobra.NoArgs,
		Long: `Open Bitbucket's consent page, wait until access is granted there, and keep the connection.

It needs an OAuth consumer (Bitbucket: Workspace settings, OAuth consumers, Add consumer) with the callback URL
http://127.0.0.1:8080/oauth/callback (HTTP_ADDR, or PUBLIC_URL) and these permissions:
` + strings.Join(permissionsNeeded(), ", ") + `.
The consent page asks for what is ticked there. Where a worker is running, its page does the same.
On a server without a browser, forward the port from where you sit (ssh -L 8080:127.0.0.1:8080 SERVER) and use
--no-browser.

With --access-token-file, the connection is made of a workspace access token instead (Bitbucket: Workspace settings,
Access tokens): nobody has to log in, it has limits of its own, and it ends on the day that was chosen for it.

Connecting again keeps everything that has landed, and the cursors. If it would change the account, the consumer or
take permissions away, it says so first and asks; --yes says yes.`,
		RunE: withApp(needs{}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			c, err := k.run(ctx, cmd, a)
			if err != nil {
				return err
			}
			by := "as " + c.AccountName
			if c.Kind == oauth.KindAccessToken {
				by = "by an access token"
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Connected workspace %s %s. Next: bucketlake sync, or bucketlake worker.\n", c.Workspace, by)
			return nil
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&k.workspace, "workspace", "", "workspace to connect (slug), where access reaches several")
	flags.StringVar(&k.clientID, "client-id", "", "OAuth consumer to connect through, where the settings hold several")
	flags.StringVar(&k.tokenFile, "access-token-file", "", "file that holds a workspace access token, to connect with instead; - for standard input")
	flags.StringVar(&k.expires, "expires", "", "day on which the access token ends, such as 2027-01-31, to be warned in time")
	flags.BoolVar(&k.noBrowser, "no-browser", false, "print the consent address alone on a line of standard output and open no browser")
	flags.BoolVar(&k.yes, "yes", false, "store the connection even if it changes the account or the consumer, or loses permissions")
	return cmd
}

func (k *connecting) run(ctx context.Context, cmd *cobra.Command, a *app) (oauth.Connection, error) {
	sure := func(w connect.Workspace) error { return k.sure(cmd.InOrStdin(), cmd.ErrOrStderr(), w) }
	if k.tokenFile != "" {
		return k.withToken(ctx, cmd.InOrStdin(), a, sure)
	}
	if k.expires != "" {
		return oauth.Connection{}, errors.New("--expires is of an access token: use it with --access-token-file")
	}
	consumer, err := a.config.consumer(k.clientID)
	if err != nil {
		return oauth.Connection{}, err
	}
	return a.connect(ctx, oauth.Ask{Consumer: consumer, Workspace: k.workspace}, sure, func(v visit) {
		if k.noBrowser {
			fmt.Fprintf(cmd.ErrOrStderr(), "Open this address in a browser that reaches %s (on another machine: ssh -L), and grant access:\n", v.page)
			fmt.Fprintln(cmd.OutOrStdout(), v.withoutBrowser())
			return
		}
		start := v.inBrowser()
		fmt.Fprintln(cmd.ErrOrStderr(), "Waiting for consent in the browser. If none opened, open", start)
		openBrowser(ctx, start)
	})
}

// withToken makes a connection of an access token.
func (k *connecting) withToken(ctx context.Context, stdin io.Reader, a *app, sure func(connect.Workspace) error) (none oauth.Connection, err error) {
	if k.clientID != "" || k.noBrowser {
		return none, errors.New("an access token needs no consumer and no browser: leave out --client-id and --no-browser")
	}
	if k.workspace == "" {
		return none, errors.New("an access token does not say which workspace it is for: add --workspace SLUG")
	}
	var expires time.Time
	if k.expires != "" {
		if expires, err = time.Parse(time.DateOnly, k.expires); err != nil {
			return none, fmt.Errorf("--expires %s is no day: write it like 2027-01-31", k.expires)
		}
		if expires.Before(time.Now()) {
			return none, fmt.Errorf("--expires %s is over: make a new access token", k.expires)
		}
	}
	var content []byte
	if k.tokenFile == "-" {
		content, err = io.ReadAll(io.LimitReader(stdin, 1<<16))
	} else {
		content, err = os.ReadFile(k.tokenFile)
	}
	if err != nil {
		return none, fmt.Errorf("reading the access token: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return none, errors.New("--access-token-file holds no access token: it must hold the token and nothing else")
	}
	maker := a.maker()
	offer, err := maker.AccessToken(ctx, k.workspace, oauth.Secret(token), expires)
	if err != nil {
		return none, err
	}
	if err := sure(offer.Workspaces[0]); err != nil {
		return none, err
	}
	return maker.Accept(ctx, offer, offer.Workspaces[0])
}

// sure asks whether what a new connection changes of the present one is meant.
func (k *connecting) sure(stdin io.Reader, stderr io.Writer, w connect.Workspace) error {
	if len(w.Changes) == 0 {
		return nil
	}
	fmt.Fprintf(stderr, "Workspace %s is connected already. This is what changes:\n", w.Slug)
	for _, c := range w.Changes {
		fmt.Fprintf(stderr, "  %s\n", c)
	}
	if k.yes {
		return nil
	}
	return confirm(stdin, stderr, "Store it?")
}

// confirm asks a person yes or no. Where nobody sits at a terminal, the answer is no.
func confirm(stdin io.Reader, stderr io.Writer, question string) error {
	f, ok := stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return errors.New("nothing was changed: run it again with --yes")
	}
	fmt.Fprintf(stderr, "%s [y/N] ", question)
	answer, err := bufio.NewReader(stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was changed")
	}
	return nil
}

// consumer returns the consumer of a client id, or, without one, the first.
func (c *config) consumer(clientID string) (oauth.Consumer, error) {
	if clientID == "" {
		if err := c.needConsumer(); err != nil {
			return oauth.Consumer{}, err
		}
		return c.consumers[0], nil
	}
	at := slices.IndexFunc(c.consumers, func(o oauth.Consumer) bool { return o.ClientID == clientID })
	if at < 0 {
		return oauth.Consumer{}, fmt.Errorf("no consumer with client id %s in the settings: set BITBUCKET_CLIENT_ID, or add it to BITBUCKET_CONSUMERS_FILE", clientID)
	}
	return c.consumers[at], nil
}

// visit is a way to the consent page.
type visit struct {
	page string // where the browser comes back to
	// withoutBrowser returns the address of the consent page itself. It holds the consent's state: it is for the person
	// at the terminal alone, and never goes to another program's arguments.
	withoutBrowser func() string
	// inBrowser returns the address of a page of ours that leads there, once, and binds the consent to the browser that
	// opens it first.
	inBrowser func() string
}

// connect waits for a consent and makes a connection of it, if the person is sure. Show leads the person to it.
func (a *app) connect(ctx context.Context, ask oauth.Ask, sure func(connect.Workspace) error, show func(visit)) (oauth.Connection, error) {
	listener, err := listen(ctx, a.config.httpAddr)
	if err != nil {
		return oauth.Connection{}, fmt.Errorf("waiting for the consent page's answer at HTTP_ADDR=%s: %w: if that is a worker, connect on its page, %s; else set HTTP_ADDR to a free loopback address, and the consumer's callback URL with it",
			a.config.httpAddr, err, a.config.publicURL)
	}
	base := a.config.at(listener.Addr().String())
	ask.Consumer.RedirectURL = base + oauth.CallbackPath

	flow := oauth.NewFlow()
	type outcome struct {
		connection oauth.Connection
		err        error
	}
	ended := make(chan outcome, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+oauth.CallbackPath, func(w http.ResponseWriter, r *http.Request) {
		consent, err := flow.Finish(w, r)
		if errors.Is(err, oauth.ErrNotBegun) { // somebody else's: ours may still come
			web.Say(w, http.StatusBadRequest, "Not connected", err.Error())
			return
		}
		var c oauth.Connection
		if err == nil {
			// The browser may be closed now; the grant is there all the same.
			c, err = a.makeConnection(context.WithoutCancel(r.Context()), consent, sure)
		}
		if err != nil {
			web.Say(w, http.StatusForbidden, "Not connected", err.Error())
		} else {
			web.Say(w, http.StatusOK, "Connected", "bucketlake is connected to workspace "+c.Workspace+". You can close this page.")
		}
		// After the page has left: the command ends as soon as it knows.
		_ = http.NewResponseController(w).Flush()
		select {
		case ended <- outcome{c, err}:
		default: // an earlier one is being dealt with
		}
	})
	defer serve(listener, web.Command(mux))()
	show(visit{
		page:           base,
		withoutBrowser: func() string { return flow.Begin(ask) },
		inBrowser: func() string {
			// Whoever reaches HTTP_ADDR could else finish what the person at the terminal began, with another account.
			var opened atomic.Bool
			path := "/oauth/start/" + rand.Text()
			mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet || opened.Swap(true) {
					web.Say(w, http.StatusGone, "Not connected", "this page was opened before: run bucketlake connect again")
					return
				}
				http.Redirect(w, r, flow.Start(w, ask), http.StatusSeeOther)
			})
			return base + path
		},
	})
	late := time.NewTimer(oauth.ConsentLife)
	defer late.Stop()
	select {
	case o := <-ended:
		return o.connection, o.err
	case <-late.C:
		return oauth.Connection{}, fmt.Errorf("waiting for the consent page: no answer within %s: run bucketlake connect again", oauth.ConsentLife)
	case <-ctx.Done():
		return oauth.Connection{}, fmt.Errorf("waiting for the consent page: %w", context.Cause(ctx))
	}
}

func (a *app) makeConnection(ctx context.Context, consent oauth.Consent, sure func(connect.Workspace) error) (none oauth.Connection, err error) {
	maker := a.maker()
	offer, err := maker.Consent(ctx, consent)
	if err != nil {
		return none, err
	}
	chosen, err := offer.Choose("")
	if err != nil {
		return none, err
	}
	if err := sure(chosen); err != nil {
		return none, err
	}
	return maker.Accept(ctx, offer, chosen)
}

// openBrowser opens an address in the person's browser, where there is one.
func openBrowser(ctx context.Context, address string) {
	command := map[string][]string{
		"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"},
	}[runtime.GOOS]
	if command == nil {
		command = []string{"xdg-open"}
	}
	_ = exec.CommandContext(ctx, command[0], append(command[1:], address)...).Start()
}
