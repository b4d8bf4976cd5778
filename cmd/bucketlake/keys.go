package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bucketlake/extract/oauth"
)

func keysCommand() *cobra.Command {
	keys := &cobra.Command{Use: "keys", Short: "Look after the keys that seal the tokens, and those that hash names", Args: cobra.NoArgs}
	keys.AddCommand(&cobra.Command{
		Use: "rotate", Short: "Seal all tokens with a new key", Args: cobra.NoArgs,
		Long: `Add a key to the keyset and seal all tokens with it. It can be run while workers are running, and run again if it
was cut off. The old keys stay in the keyset, so that a backup of the state database still opens. Workers on other
machines that have a copy of KEYSET_FILE need the new file before they can go on.

Where KEYSET_KMS_URI is set and the tokens are still sealed with the keys of KEYSET_FILE, those keys are taken over:
that is the way from a file to AWS KMS. Keep a copy of a keyset file, apart from the state database.`,
		RunE: withApp(needs{}, func(ctx context.Context, cmd *cobra.Command, a *app) error {
			r, err := oauth.RotateKeys(ctx, a.store)
			if err != nil {
				return err
			}
			w := cmd.ErrOrStderr()
			if r.Imported != "" {
				fmt.Fprintf(w, "Took the keys of %s over into KMS. Once every process runs with KEYSET_KMS_URI, keep the file with your backups or remove it.\n", r.Imported)
			}
			fmt.Fprintf(w, "Sealed the tokens of %d connections with the new key %d; the keyset holds %d keys.\n", r.Resealed, r.KeyID, r.Keys)
			if len(r.Unopenable) > 0 {
				return fmt.Errorf("the tokens of %s are sealed with a key that is not in the keyset and were left as they were: connect these workspaces again, or restore the keyset that they were sealed with", strings.Join(r.Unopenable, ", "))
			}
			return nil
		}),
	})
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
