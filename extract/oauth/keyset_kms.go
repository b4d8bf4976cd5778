package oauth

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"

	"bucketlake/extract/state"
)

const (
	// purpose is bound to what KMS wraps, as its encryption context, and to what is sealed with that: nothing else that
	// was ever encrypted with the same key of KMS passes for a keyset.
	purpose = "bucketlake keyset of tokens"
	// kmsTimeout bounds one call of KMS, the SDK's own retries included.
	kmsTimeout = 30 * time.Second
)

var errDamaged = errors.New("the wrapped keyset in the state database is damaged: restore its table keysets from a backup, or delete the row in it and run `bucketlake connect` again")

var kmsURI = regexp.MustCompile(`^aws-kms://arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/.+$`)

// CheckKMSURI reports what is wrong with a KEYSET_KMS_URI.
func CheckKMSURI(uri string) error {
	if !kmsURI.MatchString(uri) {
		return fmt.Errorf("KEYSET_KMS_URI=%s is no key of AWS KMS: set it to aws-kms:// and the key's ARN, such as aws-kms://arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", uri)
	}
	return nil
}

// wrappedKeyset is a keyset in the state database, which opens with a key of AWS KMS alone. KMS wraps a key that is new
// each time, and that one the keyset, which so may be larger than the 4 KB that KMS takes.
type wrappedKeyset struct {
	db   *state.DB
	uri  string
	aead tink.AEADWithContext

	wrapped, text []byte // as last opened: KMS is asked again only where the row has changed
}

// newWrappedKeyset asks nothing of KMS yet. Its settings, but for the region, are those of AWS's SDK.
func newWrappedKeyset(ctx context.Context, uri string, db *state.DB) (*wrappedKeyset, error) {
	if err := CheckKMSURI(uri); err != nil {
		return nil, fmt.Errorf("opening the keyset: %w: %w", ErrKeyset, err)
	}
	remote, err := awskms.NewAEADWithContext(ctx, strings.TrimPrefix(uri, "aws-kms://"))
	if err != nil { // of the machine's AWS configuration files
		return nil, fmt.Errorf("opening the keyset: %w: the AWS configuration can't be read: check the files and variables of the AWS SDK", ErrKeyset)
	}
	envelope, err := aead.NewKMSEnvelopeAEADWithContext(aead.AES256GCMKeyTemplate(), forPurpose{remote})
	if err != nil {
		return nil, fmt.Errorf("opening the keyset: %w", err)
	}
	return &wrappedKeyset{db: db, uri: uri, aead: envelope}, nil
}

// forPurpose binds the purpose where an envelope binds nothing.
type forPurpose struct{ remote tink.AEADWithContext }

func (p forPurpose) EncryptWithContext(ctx context.Context, plain, _ []byte) ([]byte, error) {
	return p.remote.EncryptWithContext(ctx, plain, []byte(purpose))
}

func (p forPurpose) DecryptWithContext(ctx context.Context, sealed, _ []byte) ([]byte, error) {
	return p.remote.DecryptWithContext(ctx, sealed, []byte(purpose))
}

func (w *wrappedKeyset) String() string {
	return "the state database's table keysets, wrapped by " + w.uri + " (KEYSET_KMS_URI)"
}

// read opens the wrapped keyset with the key that the settings name, not with the one that the row names: whoever can
// write the database must not choose the key.
func (w *wrappedKeyset) read(ctx context.Context) ([]byte, error) {
	var uri string
	var wrapped []byte
	err := w.db.SQL().QueryRowContext(ctx, "SELECT kms_uri, wrapped FROM keysets WHERE name = 'tokens'").Scan(&uri, &wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoKeyset
	}
	if err != nil {
		return nil, fmt.Errorf("reading the keyset: %w", err)
	}
	if bytes.Equal(wrapped, w.wrapped) {
		return w.text, nil
	}
	calling, cancel := context.WithTimeout(ctx, kmsTimeout)
	defer cancel()
	text, err := w.aead.DecryptWithContext(calling, wrapped, []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("opening the keyset: %w: %w", ErrKeyset, w.explain(err, uri))
	}
	w.wrapped, w.text = wrapped, text
	return text, nil
}

func (w *wrappedKeyset) create(ctx context.Context, text []byte) error {
	wrapped, err := w.wrap(ctx, text)
	if err != nil {
		return err
	}
	_, err = w.db.SQL().ExecContext(ctx, `
		INSERT INTO keysets (name, kms_uri, wrapped, updated_at) VALUES ('tokens', $1, $2, $3) ON CONFLICT (name) DO NOTHING`,
		w.uri, wrapped, state.Millis(time.Now()))
	if err != nil {
		return fmt.Errorf("storing the keyset: %w", err)
	}
	return nil
}

func (w *wrappedKeyset) replace(ctx context.Context, old, text []byte) error {
	present, err := w.read(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(present, old) {
		return errKeysetChanged
	}
	wrapped, err := w.wrap(ctx, text)
	if err != nil {
		return err
	}
	err = changedOne(w.db.SQL().ExecContext(ctx, "UPDATE keysets SET kms_uri = $1, wrapped = $2, updated_at = $3 WHERE name = 'tokens' AND wrapped = $4",
		w.uri, wrapped, state.Millis(time.Now()), w.wrapped))
	if errors.Is(err, errSuperseded) {
		return errKeysetChanged
	}
	if err != nil {
		return fmt.Errorf("storing the keyset: %w", err)
	}
	return nil
}

func (w *wrappedKeyset) wrap(ctx context.Context, text []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kmsTimeout)
	defer cancel()
	wrapped, err := w.aead.EncryptWithContext(ctx, text, []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("wrapping the keyset: %w: %w", ErrKeyset, w.explain(err, w.uri))
	}
	return wrapped, nil
}

// explain says in a sentence what an error of KMS means. Its codes are AWS's documented ones; its words are nobody's
// business. was is the key that the keyset was wrapped with, as far as the database knows.
func (w *wrappedKeyset) explain(err error, was string) error {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		switch e.ErrorCode() {
		case "AccessDeniedException":
			return fmt.Errorf("AWS does not allow the use of %s: give these credentials kms:Encrypt and kms:Decrypt on it", w.uri)
		case "DisabledException", "KMSInvalidStateException", "KeyUnavailableException":
			return fmt.Errorf("the key %s is disabled, or about to be deleted: enable it in AWS KMS", w.uri)
		case "NotFoundException", "InvalidArnException":
			return fmt.Errorf("AWS KMS has no key %s: check the region, account and id in KEYSET_KMS_URI, and AWS_ENDPOINT_URL if it is set", w.uri)
		case "IncorrectKeyException", "InvalidCiphertextException":
			if was == w.uri {
				return errDamaged
			}
			return fmt.Errorf("the keyset in the state database does not open with %s: it was wrapped with %s: set KEYSET_KMS_URI to that", w.uri, was)
		case "UnrecognizedClientException", "InvalidSignatureException", "InvalidClientTokenId", "ExpiredTokenException",
			"IncompleteSignature", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "SignatureDoesNotMatch":
			return errors.New("AWS does not accept the credentials: check them, and this machine's clock")
		case "ThrottlingException", "LimitExceededException":
			return errors.New("AWS KMS limits the requests of this account: try again later")
		}
	}
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && e.HTTPStatusCode() != 0 {
		return fmt.Errorf("AWS KMS answered %d %s: try again later", e.HTTPStatusCode(), http.StatusText(e.HTTPStatusCode()))
	}
	if safe := quotesNobody(err); safe != nil {
		return fmt.Errorf("AWS KMS can't be reached: %w: check the network, and AWS_ENDPOINT_URL if it is set", safe)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("AWS KMS gave no answer within %s: check the network, and AWS_ENDPOINT_URL if it is set", kmsTimeout)
	}
	if strings.Contains(err.Error(), "get identity") { // the SDK's words: it found no credentials
		return errors.New("there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role")
	}
	if _, ok := errors.AsType[*smithy.OperationError](err); !ok { // KMS was not asked, or has answered
		return errDamaged
	}
	return errors.New("AWS KMS can't be used: check the settings of the AWS SDK")
}
