package load

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// status returns the status of the answer that an error stands for; 0: there was none.
func status(err error) int {
	if answer := (*awshttp.ResponseError)(nil); errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// code returns S3's own name of an error.
func code(err error) string {
	if e := smithy.APIError(nil); errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

// missing reports whether an error says that there is no such object.
func missing(err error) bool {
	c := code(err)
	return status(err) == http.StatusNotFound && (c == "NoSuchKey" || c == "NotFound")
}

// explain says where an error happened, and what a person can do about it. ErrConflict needs no person.
func (s *S3) explain(doing, name string, err error) error {
	if err == nil {
		return nil
	}
	advice := ""
	switch c := code(err); {
	case errors.Is(err, ErrConflict):
	case c == "NoSuchBucket", c == "NotFound":
		advice = " (there is no bucket " + s.options.Bucket + ": make it, or correct LAKE_URL)"
	case c == "AccessDenied", c == "AllAccessDisabled", status(err) == http.StatusForbidden && c == "Forbidden":
		advice = " (give these credentials the rights that deploy/iam-worker.json lists; with sse-kms, those on the key, too)"
	case c == "InvalidAccessKeyId", c == "XAdminUserNotFound", c == "SignatureDoesNotMatch", c == "ExpiredToken", c == "InvalidToken", c == "TokenRefreshRequired":
		advice = " (the store does not accept the AWS credentials: renew them, or set others)"
	case c == "RequestTimeTooSkewed":
		advice = " (set this machine's clock by NTP)"
	case c == "PermanentRedirect", c == "AuthorizationHeaderMalformed", c == "IllegalLocationConstraintException", status(err) == http.StatusMovedPermanently:
		advice = " (the bucket is in another region: set AWS_REGION to that" + s.region(err) + ")"
	case strings.HasPrefix(c, "KMS"):
		advice = " (the key of LAKE_ENCRYPTION can't be used: see that it is enabled, in the bucket's region, and that these credentials may use it)"
	case c == "SlowDown", c == "ServiceUnavailable", status(err) >= 500:
		advice = " (the store is overloaded or out of order: run again later; what was committed stands)"
	default:
		advice = unreachable(err, "the bucket's region", cmp.Or(s.endpoint, "Amazon S3"), "AWS_ENDPOINT_URL_S3")
	}
	return fmt.Errorf("%s %s: %w%s", doing, s.url(name), &briefError{err}, advice)
}

// unreachable says what to do where a request was not sent, or not answered; nothing where it was.
func unreachable(err error, region, who, variable string) string {
	var noCredentials *v4.SigningError
	switch {
	case errors.As(err, &noCredentials), strings.Contains(err.Error(), "get credentials"):
		return " (there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run with a role)"
	case strings.Contains(err.Error(), "region"):
		return " (set AWS_REGION to " + region + ")"
	case status(err) == 0:
		return " (see that " + who + " can be reached from here: " + variable + ", AWS_REGION, proxies)"
	}
	return ""
}

// A briefError is an error of the SDK, told in one line that a person can read.
type briefError struct{ error }

func (e *briefError) Unwrap() error { return e.error }

func (e *briefError) Error() string {
	api, answer := smithy.APIError(nil), (*awshttp.ResponseError)(nil)
	operation := (*smithy.OperationError)(nil)
	if errors.Is(e.error, ErrConflict) || !errors.As(e.error, &api) || !errors.As(e.error, &answer) || !errors.As(e.error, &operation) {
		return e.error.Error()
	}
	text := fmt.Sprintf("%s: %d %s", operation.Operation(), answer.HTTPStatusCode(), api.ErrorCode())
	if m := api.ErrorMessage(); m != "" && m != api.ErrorCode() {
		text += ": " + m
	}
	if id := answer.ServiceRequestID(); id != "" {
		text += ", request " + id
	}
	return text
}

// region returns the region that an answer names, as part of a sentence.
func (s *S3) region(err error) string {
	if answer := (*awshttp.ResponseError)(nil); errors.As(err, &answer) && answer.Response != nil {
		if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return ", which is " + region
		}
	}
	return ""
}
