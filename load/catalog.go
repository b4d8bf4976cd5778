package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"bucketlake/schemas"
)

// CatalogOptions say in which database of AWS Glue's catalogue the tables of a lake are registered. Region, credentials and
// endpoint are the AWS SDK's own settings (AWS_REGION, AWS_ENDPOINT_URL_GLUE, ...).
type CatalogOptions struct {
	Database string
	Lake     Place  // in a bucket
	Writer   string // what the entries name as their writer
	DryRun   bool   // find out what there is to do, and do nothing
	Replace  bool   // an entry that contradicts a table becomes one of this lake, and has its partitions alone
	Endpoint string // of the server; "": as AWS_ENDPOINT_URL_GLUE says, or Amazon's
}

// A Catalog registers tables and their partitions, so that Athena and others find them by name and read only the months that
// they are asked for. It is told after a commit what was committed; the lake is what it is without it.
//
// An entry may be changed by people, and by other workers: columns, parameters, comments and owners that are not ours stay.
type Catalog struct {
	client   *glue.Client
	options  CatalogOptions
	ddl      schemas.DDL
	endpoint string // where it is not Amazon's
}

// CatalogActions are the rights that a Catalog needs. The first one is needed where the database is not there yet, the second
// one by Check alone. IAM names the actions as the API names its operations.
var CatalogActions = []string{
	"glue:CreateDatabase", "glue:GetDatabase",
	"glue:GetTable", "glue:CreateTable", "glue:UpdateTable",
	"glue:GetPartitions", "glue:BatchCreatePartition", "glue:BatchUpdatePartition", "glue:BatchDeletePartition",
}

// catalogAttempts is how often a request is tried: whoever waits for the end of a run should not wait long.
const catalogAttempts = 4

var databaseName = regexp.MustCompile(`^[a-z0-9_]{1,255}$`)

// CheckDatabase refuses names of databases that Athena does not take.
func CheckDatabase(name string) error {
	if !databaseName.MatchString(name) {
		return fmt.Errorf("%q is no name that Athena takes for a database: lower-case letters, digits and '_'", name)
	}
	return nil
}

// OpenCatalog opens a database of the catalogue. It sends no request.
func OpenCatalog(ctx context.Context, o CatalogOptions) (*Catalog, error) {
	if err := CheckDatabase(o.Database); err != nil {
		return nil, err
	}
	if o.Lake.S3.Bucket == "" {
		return nil, fmt.Errorf("the catalogue registers tables in S3, and the lake is at %s", o.Lake)
	}
	c, err := awsConfig(ctx, s3Patience, catalogAttempts)
	if err != nil {
		return nil, err
	}
	client := glue.NewFromConfig(c, func(so *glue.Options) {
		if o.Endpoint != "" {
			so.BaseEndpoint = &o.Endpoint
		}
	})
	return &Catalog{
		client: client, options: o, ddl: schemas.DDL{Dialect: "glue", Location: o.Lake.String()}, endpoint: aws.ToString(client.Options().BaseEndpoint),
	}, nil
}

// A Registration is what a Catalog found to do for a table, and did.
type Registration struct {
	Table   string `json:"table"`
	Created bool   `json:"created"` // the table was not there
	Updated bool   `json:"updated"` // something of it was not as it has to be
	// Replaced says that it was a table of another lake, or had columns of other types.
	Replaced bool     `json:"replaced,omitempty"`
	Columns  []string `json:"columns,omitempty"` // that were added to it
	Added    []string `json:"added,omitempty"`   // partitions, such as workspace=acme/month=2026-10
	Changed  []string `json:"changed,omitempty"` // partitions whose location or columns were other ones
	Removed  []string `json:"removed,omitempty"` // partitions that the manifest does not have any more
	Notes    []string `json:"notes,omitempty"`   // what somebody should know
}

// Idle reports whether all was as it has to be.
func (r *Registration) Idle() bool {
	return !r.Created && !r.Updated && len(r.Added)+len(r.Changed)+len(r.Removed) == 0
}

// ErrMismatch says that an entry of the catalogue contradicts the table: a person has to decide which one is right.
var ErrMismatch = errors.New("the catalogue contradicts the table")

// Register registers tables with the partitions that the manifests of workspaces name. It may be called again at any time: what
// is registered already costs a request for each table and one for each table of a workspace, and no write. An entry that
// contradicts a table does not keep the others from being registered.
func (c *Catalog) Register(ctx context.Context, l *Lake, tables []*schemas.Table, workspaces []string) ([]Registration, error) {
	var all []Registration
	var errs []error
	for _, t := range tables {
		r, err := c.register(ctx, l, t, workspaces)
		all = append(all, r)
		if err != nil {
			errs = append(errs, fmt.Errorf("registering %s in the Glue database %s: %w", t.Name, c.options.Database, err))
		}
		if err != nil && !errors.Is(err, ErrMismatch) {
			break // it would be the same for the others
		}
	}
	return all, errors.Join(errs...)
}

func (c *Catalog) register(ctx context.Context, l *Lake, t *schemas.Table, workspaces []string) (Registration, error) {
	r := Registration{Table: t.Name}
	table, err := c.registerTable(ctx, t, &r)
	if err != nil {
		return r, err
	}
	for _, workspace := range workspaces {
		if err := checkWorkspace(workspace); err != nil {
			return r, err
		}
		if err := c.registerPartitions(ctx, l, t, workspace, table, &r); err != nil {
			return r, err
		}
		c.noteProjection(table, workspace, &r)
	}
	if c.options.Replace && !r.Created {
		return r, c.removeStrangers(ctx, t, table, &r)
	}
	return r, nil
}

// noteProjection says where Athena computes partitions, and will not come to those of a workspace.
func (c *Catalog) noteProjection(table *types.TableInput, workspace string, r *Registration) {
	p := table.Parameters
	if p["projection.enabled"] != "true" || p["projection.workspace.type"] != "enum" {
		return
	}
	known := strings.FieldsFunc(p["projection.workspace.values"], func(c rune) bool { return c == ',' || c == ' ' })
	if !slices.Contains(known, workspace) {
		r.Notes = append(r.Notes, fmt.Sprintf("Athena computes the partitions of %s (projection.enabled), and not those of workspace %s: add it to the table's property "+
			"projection.workspace.values, or set projection.enabled to false", r.Table, workspace))
	}
}

// registerTable returns the entry of a table, as it is now, or would be without DryRun.
func (c *Catalog) registerTable(ctx context.Context, t *schemas.Table, r *Registration) (*types.TableInput, error) {
	// Another writer may be there first, a few times in a row: each run of another workspace registers the same tables.
	const mostRaces = 5
	want := tableInput(c.ddl.GlueTable(t))
	for race := 0; ; race++ {
		out, err := c.client.GetTable(ctx, &glue.GetTableInput{DatabaseName: &c.options.Database, Name: &t.Name})
		if code(err) == notFound {
			want.Parameters[schemas.GlueWriter] = c.options.Writer
			err := c.createTable(ctx, want, r)
			if code(err) == alreadyThere && race < mostRaces {
				continue
			}
			r.Created = err == nil
			return want, err
		}
		if err != nil {
			return nil, c.explain("reading the table", err)
		}
		next, added, changed, err := reconcile(out.Table, want, t.Version)
		if errors.Is(err, ErrMismatch) && c.options.Replace {
			next, err = replaced(out.Table, want, t.Version)
			changed, r.Replaced = true, err == nil
		}
		if err != nil || !changed {
			return next, err
		}
		next.Parameters[schemas.GlueWriter] = c.options.Writer
		if !c.options.DryRun {
			// On the condition that the entry is the one that was read. A crash, or an answer that got lost: what is there then
			// is found out by the next attempt.
			_, err = c.client.UpdateTable(ctx, &glue.UpdateTableInput{
				DatabaseName: &c.options.Database, TableInput: next, VersionId: out.Table.VersionId,
			})
			if slices.Contains(raced, code(err)) && race < mostRaces {
				continue
			}
		}
		if err != nil {
			return nil, c.explain("updating the table", err)
		}
		r.Updated, r.Columns = true, added
		return next, nil
	}
}

// createTable makes a table, and where it is not there, the database.
func (c *Catalog) createTable(ctx context.Context, table *types.TableInput, r *Registration) error {
	if c.options.DryRun {
		return nil
	}
	create := func() error {
		_, err := c.client.CreateTable(ctx, &glue.CreateTableInput{DatabaseName: &c.options.Database, TableInput: table})
		return err
	}
	err := create()
	if code(err) != notFound {
		return c.explain("making the table", err)
	}
	_, err = c.client.CreateDatabase(ctx, &glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{
		Name: &c.options.Database, Description: aws.String("Bitbucket feature usage: tables of bucketlake"),
	}})
	if code(err) == denied {
		return fmt.Errorf("there is no such database, and these credentials may not make it: make it (aws glue create-database --database-input Name=%s), "+
			"or allow glue:CreateDatabase, or correct GLUE_DATABASE: %w", c.options.Database, &briefError{err})
	}
	if err != nil && code(err) != alreadyThere {
		return c.explain("making the database", err)
	}
	if err == nil {
		r.Notes = append(r.Notes, "made the database "+c.options.Database)
	}
	return c.explain("making the table", create())
}

// Check tries whether tables can be registered. It changes nothing: what writes is tried on a table that is not there, which Glue
// says of nobody but those who may. Whether tables can be made shows when the first one is. It returns what somebody should know.
func (c *Catalog) Check(ctx context.Context) (note string, err error) {
	database, nobody := &c.options.Database, aws.String("bucketlake_check")
	_, err = c.client.GetDatabase(ctx, &glue.GetDatabaseInput{Name: database})
	if code(err) == notFound {
		return fmt.Sprintf("there is no Glue database %s yet: the first run makes it, if it may (glue:CreateDatabase)", *database), nil
	}
	if err != nil {
		return "", c.explain("reading the Glue database "+*database, err)
	}
	values := []string{"bucketlake", "0001-01"}
	partition := types.PartitionInput{Values: values, StorageDescriptor: &types.StorageDescriptor{}}
	for _, try := range []func() error{
		func() error {
			_, err := c.client.GetTable(ctx, &glue.GetTableInput{DatabaseName: database, Name: nobody})
			return err
		},
		func() error {
			_, err := c.client.GetPartitions(ctx, &glue.GetPartitionsInput{DatabaseName: database, TableName: nobody})
			return err
		},
		func() error {
			_, err := c.client.UpdateTable(ctx, &glue.UpdateTableInput{DatabaseName: database, TableInput: &types.TableInput{Name: nobody}})
			return err
		},
		func() error {
			_, err := c.client.BatchCreatePartition(ctx, &glue.BatchCreatePartitionInput{
				DatabaseName: database, TableName: nobody, PartitionInputList: []types.PartitionInput{partition},
			})
			return err
		},
		func() error {
			_, err := c.client.BatchUpdatePartition(ctx, &glue.BatchUpdatePartitionInput{
				DatabaseName: database, TableName: nobody, Entries: []types.BatchUpdatePartitionRequestEntry{{PartitionInput: &partition, PartitionValueList: values}},
			})
			return err
		},
		func() error {
			_, err := c.client.BatchDeletePartition(ctx, &glue.BatchDeletePartitionInput{
				DatabaseName: database, TableName: nobody, PartitionsToDelete: []types.PartitionValueList{{Values: values}},
			})
			return err
		},
	} {
		// What is wrong with the request is found after who sends it.
		if err := try(); err != nil && code(err) != notFound && (status(err) != http.StatusBadRequest || code(err) != "InvalidInputException") {
			return "", c.explain("trying the Glue database "+*database, err)
		}
	}
	return "", nil
}
