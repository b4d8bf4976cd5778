module bucketlake/cmd/bucketlake/browser

go 1.26.0

replace bucketlake => ../../..

require (
	bucketlake v0.0.0-00010101000000-000000000000
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
)

require github.com/go-json-experiment/json v1.27.2 // indirect
