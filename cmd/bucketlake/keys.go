package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func keysCommand() *cobra.Command {
	keys := &cobra.Command{Use: "keys", Short: "Look after keys", Args: cobra.NoArgs}
	keys.AddCommand(rotatePIICommand())
	return keys
}

func rotatePIICommand() *cobra.Command {
	return &cobra.Command{
		Use: "rotate-pii", Short: "Hash names with a new key from now on", Args: cobra.NoArgs,
		Long: `Put a new key into PII_KEY_FILE, or make the file. The old keys stay in it.

From then on names are hashed with the new key, whose hashes don't join those of the old one: run bucketlake sync
--full, or rows get new hashes only when they change. Rows that are gone at Bitbucket keep the old ones.`,
		RunE: withApp(needs{}, func(_ context.Context, cmd *cobra.Command, a *app) error {
			privacy, n, err := a.config.piiKeyFile.rotate()
			if err != nil {
				return fmt.Errorf("adding a key that hashes names (PII_KEY_FILE): %w", err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Names are hashed with the new key %s from now on; %s holds %d keys. Next: bucketlake sync --full.\n",
				strings.TrimPrefix(privacy.Form(), "h1:"), a.config.piiKeyFile, n)
			return nil
		}),
	}
}
