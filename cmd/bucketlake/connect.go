package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/oauth"
)

func connectCommand() *cobra.Command {
	var workspace string
	var noBrowser bool
	cmd := &cobra.Command{
		Use: "connect", Short: "Connect a workspace, or connect it again", Args: cobra.NoArgs,
		Long: `Open Bitbucket's consent page, wait until access is granted there, and keep the connection.

It needs an OAuth consumer (Bitbucket: Workspace settings, OAuth consumers, Add consumer) with the callback URL
http://127.0.0.1:8080/oauth/callback (HTTP_ADDR, or PUBLIC_URL) and the permissions Account: Read, Projects: Read,
Repositories: Read and Pull requests: Read. The consent page asks for what is ticked there; nothing more is needed.
On a server without a browser, forward the port from where you sit (ssh -L 8080:127.0.0.1:8080 SERVER) and use
--no-browser.

Connecting again keeps everything that has landed, and the cursors.`,
		RunE: withApp(needs{consumer: true, connecting: true}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			c, err := a.connect(ctx, workspace, func(consent, start string) {
				if noBrowser {
					fmt.Fprintf(cmd.ErrOrStderr(), "Open this address in a browser on this machine, or on one that forwards %s to it (ssh -L), and grant access:\n", strings.TrimSuffix(strings.TrimPrefix(start, "http://"), oauth.StartPath))
					fmt.Fprintln(cmd.OutOrStdout(), consent)
					return
				}
				fmt.Fprintln(cmd.ErrOrStderr(), "Waiting for consent in the browser. If none opened, open", start)
				openBrowser(ctx, start)
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Connected workspace %s as %s. Next: bucketlake sync, or bucketlake worker.\n", c.Workspace, c.AccountName)
			return nil
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "workspace to connect (slug), where access reaches several")
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "print the consent address alone on a line of standard output and open no browser")
	return cmd
}

// connect waits for a consent and makes a connection of it. It tells ask two addresses: of the
// consent page itself, and of a page of ours that leads there and binds the consent to the browser.
// Only the second may go to another program's arguments: the first holds the consent's state.
func (a *app) connect(ctx context.Context, workspace string, ask func(consent, start string)) (oauth.Connection, error) {
	var made oauth.Connection
	granted := func(ctx context.Context, grant oauth.Grant) (string, error) {
		var err error
		made, err = a.makeConnection(ctx, workspace, grant)
		return "", err
	}
	mux := http.NewServeMux()
	addr, stop, err := serve(ctx, a.config.httpAddr, mux)
	if err != nil {
		return made, fmt.Errorf("waiting for the consent page's answer at HTTP_ADDR=%s: %w: set it to a free loopback address, and the consumer's callback URL with it", a.config.httpAddr, err)
	}
	defer stop()
	consumer := a.config.consumer
	// Where the system chose the port, the callback goes there.
	consumer.RedirectURL = strings.Replace(consumer.RedirectURL, "http://"+a.config.httpAddr+"/", "http://"+addr+"/", 1)
	flow := oauth.NewFlow(consumer, granted)
	finished := make(chan error, 1)
	flow.Finished = func(err error) {
		select {
		case finished <- err:
		default: // an earlier one is being dealt with
		}
	}
	mux.Handle("/oauth/", flow)
	attempt := flow.Begin()
	ask(attempt.URL, strings.TrimSuffix(consumer.RedirectURL, oauth.CallbackPath)+oauth.StartPath)
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		err := attempt.Wait(waiting)
		if waiting.Err() == nil || ctx.Err() != nil {
			flow.Finished(err)
		}
	}()
	err = <-finished
	return made, err
}

// makeConnection picks the workspace that a grant is for and stores the connection.
func (a *app) makeConnection(ctx context.Context, workspace string, grant oauth.Grant) (oauth.Connection, error) {
	client := a.client(oauth.Connection{ClientID: a.config.consumer.ClientID}, "connect")
	client.Token = func(context.Context, string) (string, error) { return grant.Token.Access.Reveal(), nil }
	client.Spend = func(ctx context.Context) error { // counted, never refused: a person is waiting
		return a.db.Spend(ctx, a.config.consumer.ClientID, "connect", 0)
	}
	user, err := bitbucket.Get[bitbucket.Account](ctx, client, "/user")
	if err != nil {
		return oauth.Connection{}, fmt.Errorf("asking who granted access: %w", err)
	}
	var reached []bitbucket.WorkspaceAccess
	for page, err := range bitbucket.Pages[bitbucket.WorkspaceAccess](ctx, client, "/user/workspaces", 100, nil) {
		if err != nil {
			return oauth.Connection{}, fmt.Errorf("listing the workspaces that access reaches: %w", err)
		}
		reached = append(reached, page.Values...)
	}
	chosen, err := choose(reached, workspace)
	if err != nil {
		return oauth.Connection{}, err
	}
	return a.store.Save(ctx, oauth.Connection{
		Workspace: chosen.Workspace.Slug, WorkspaceUUID: chosen.Workspace.UUID,
		AccountName: user.DisplayName, AccountUUID: user.UUID, ClientID: a.config.consumer.ClientID,
	}, grant)
}

// choose picks a workspace of those that access reaches.
func choose(reached []bitbucket.WorkspaceAccess, workspace string) (bitbucket.WorkspaceAccess, error) {
	var slugs []string
	for _, w := range reached {
		if w.Workspace.Slug == workspace || workspace == "" && len(reached) == 1 {
			return w, nil
		}
		slugs = append(slugs, w.Workspace.Slug)
	}
	var none bitbucket.WorkspaceAccess
	switch {
	case len(slugs) == 0:
		return none, errors.New("the account that granted access belongs to no workspace: grant it with an account that does")
	case workspace == "":
		return none, fmt.Errorf("access reaches several workspaces (%s): run bucketlake connect --workspace %s, or another of them", strings.Join(slugs, ", "), slugs[0])
	}
	return none, fmt.Errorf("access does not reach workspace %q, only %s: grant it with an account of that workspace, or run bucketlake connect --workspace %s",
		workspace, strings.Join(slugs, ", "), slugs[0])
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
