package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bucketlake/extract/oauth"
)

func disconnectCommand() *cobra.Command {
	var workspace string
	var yes bool
	cmd := &cobra.Command{
		Use: "disconnect --workspace SLUG", Short: "Forget the tokens of a workspace", Args: cobra.NoArgs,
		Long: `Forget the tokens of a workspace. Nothing more is read of it; what has landed stays, and so do the cursors: after
bucketlake connect, reading goes on where it stopped.

Bitbucket itself goes on listing the grant until it is revoked there (Personal settings, App authorizations) or has
not been used for three months.`,
		RunE: withApp(needs{}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			if workspace == "" {
				return errors.New("which workspace? add --workspace SLUG; bucketlake status lists them")
			}
			c, err := a.store.Get(ctx, workspace)
			if err != nil {
				return err
			}
			if c.State == oauth.Disconnected {
				fmt.Fprintf(cmd.ErrOrStderr(), "Workspace %s is disconnected already.\n", c.Workspace)
				return nil
			}
			if !yes {
				if err := confirm(cmd.InOrStdin(), cmd.ErrOrStderr(), fmt.Sprintf("Forget the tokens of workspace %s, connected by %s?", c.Workspace, c.AccountName)); err != nil {
					return err
				}
			}
			if err := a.store.Disconnect(ctx, c.ID, "somebody at the command line"); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Disconnected workspace %s. What has landed stays.\n", c.Workspace)
			return nil
		}),
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "workspace to disconnect (slug)")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}
