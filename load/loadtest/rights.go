package loadtest

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Grant makes a user who has the rights of a policy, which stands in a file, and no others. It returns the variables by
// which the AWS SDK is that user. In the policy, BUCKET and PREFIX stand for those of the lake.
func (b *Bucket) Grant(t testing.TB, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	access, secret := "user"+strings.ToLower(rand.Text()), rand.Text()
	create := exec.CommandContext(t.Context(), b.server.program, "admin", "--access", b.server.access, "--secret", b.server.secret, "--endpoint-url", b.server.url,
		"create-user", "--access", access, "--secret", secret, "--role", "user")
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("making a user: %v: %s", err, out)
	}
	var policy map[string]any
	if err := json.Unmarshal([]byte(strings.NewReplacer("BUCKET", b.Name, "PREFIX", "lake").Replace(string(text))), &policy); err != nil {
		t.Fatal(err)
	}
	// The rights of a user are a bucket's if they name the user.
	for _, statement := range policy["Statement"].([]any) {
		statement.(map[string]any)["Principal"] = map[string]any{"AWS": []string{access}}
	}
	bound, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	said := string(bound)
	if _, err := b.client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &b.Name, Policy: &said}); err != nil {
		t.Fatal(err)
	}
	return []string{"AWS_ACCESS_KEY_ID=" + access, "AWS_SECRET_ACCESS_KEY=" + secret}
}
