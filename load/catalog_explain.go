package load

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// Glue's names of errors that are no faults, or that say what to do.
const (
	notFound     = "EntityNotFoundException" // of a database, a table or a partition
	alreadyThere = "AlreadyExistsException"
	denied       = "AccessDeniedException"
)

// raced are what Glue says where an entry is not, or no longer, the one that was read.
var raced = []string{"ConcurrentModificationException", "VersionMismatchException"}

// explain says where an error happened, and what a person can do about it.
func (c *Catalog) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	var advice string
	switch is := code(err); {
	case is == denied && strings.Contains(err.Error(), "Lake Formation"):
		advice = fmt.Sprintf(" (Lake Formation guards the database: grant the role CREATE_TABLE and DESCRIBE on %s, ALL on its tables, and the location %s)", c.options.Database, c.options.Lake)
	case is == denied:
		advice = fmt.Sprintf(" (allow glue:%s on the catalogue, the database and its tables: deploy/iam-worker-glue.json has all that is needed)", operation(err))
	case is == notFound:
		advice = " (somebody has removed it meanwhile: run bucketlake tables register)"
	case is == raced[0], is == raced[1]:
		advice = " (another writer changes it all the time: run bucketlake tables register later)"
	case is == "ResourceNumberLimitExceededException":
		advice = " (a quota of the account is reached: ask AWS for more, or expire versions of tables)"
	case is == "GlueEncryptionException":
		advice = " (the key that encrypts the catalogue can't be used: allow kms:Decrypt, kms:Encrypt and kms:GenerateDataKey on it)"
	case is == "UnrecognizedClientException", is == "ExpiredTokenException", is == "InvalidSignatureException", is == "InvalidClientTokenId":
		advice = " (AWS does not accept the credentials: renew them, or set others; see that this machine's clock is right)"
	case is == "ThrottlingException", status(err) >= 500:
		advice = " (Glue is overloaded or out of order: the next run registers it)"
	default:
		advice = unreachable(err, "this lake's region", cmp.Or(c.endpoint, "AWS Glue"), "AWS_ENDPOINT_URL_GLUE")
	}
	return fmt.Errorf("%s: %w%s", doing, &briefError{err}, advice)
}

// operation is the API's name of what was asked, which is IAM's name of the right, too.
func operation(err error) string {
	if o := (*smithy.OperationError)(nil); errors.As(err, &o) {
		return o.Operation()
	}
	return "*"
}
