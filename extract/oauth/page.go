package oauth

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// page is what a person sees at the end of a consent.
type page struct {
	Title string
	Text  string
	Style template.CSS
}

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:36rem;padding:0 1.5rem;color:#1c2330;background:#fff}` +
	`h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:0;overflow-wrap:anywhere}` +
	`@media(prefers-color-scheme:dark){body{color:#e6e9ef;background:#14171d}}`

const pageText = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} - bucketlake</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
</main>
</body>
</html>
`

// protect sets the headers of every answer. The callback's address holds a code and a state: no page that is opened
// from here may learn it, no cache may keep it, and nothing but the style above may load or run.
func protect(h http.Header) {
	sum := sha256.Sum256([]byte(style))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

func showError(w http.ResponseWriter, status int, text string) {
	first, size := utf8.DecodeRuneInString(text)
	show(w, status, page{Title: "Not connected", Text: string(unicode.ToUpper(first)) + text[size:]})
}

func show(w http.ResponseWriter, status int, p page) {
	p.Style = style
	var body bytes.Buffer
	if err := template.Must(template.New("page").Parse(pageText)).Execute(&body, p); err != nil {
		http.Error(w, p.Title, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}
