package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bucketlake/extract/oauth"
)

func keysCommand() *cobra.Command {
	keys := &cobra.Command{Use: "keys", Short: "Look after the keyset that seals the tokens", Args: cobra.NoArgs}
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
	return keys
}
