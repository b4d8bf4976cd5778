package bitbuckettest

import (
	"html"
	"net/http"
	"strings"
)

const style = `body{font:16px/1.5 system-ui,sans-serif;background:#f4f5f7;color:#172b4d;margin:0}
main{max-width:26rem;margin:4rem auto;background:#fff;padding:2rem;border-radius:6px;box-shadow:0 1px 3px #091e4240}
h1{font-size:1.3rem;margin:0 0 1rem}label{display:block;margin:.8rem 0 .2rem;font-weight:600}
input{width:100%;box-sizing:border-box;padding:.5rem;font:inherit;border:1px solid #6b778c;border-radius:4px}
button{font:inherit;padding:.5rem 1.2rem;margin:1.2rem .5rem 0 0;border:1px solid #0052cc;border-radius:4px;background:#fff;color:#0052cc;cursor:pointer}
button.main{background:#0052cc;color:#fff}.trouble{color:#ae2a19}.small{color:#44546f;font-size:.875rem}`

// page is a small HTML page. The body is HTML.
func page(status int, title, body string) *answer {
	text := `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>` + html.EscapeString(title) +
		` - simulated Bitbucket</title><style>` + style + `</style></head><body><main><h1>` + html.EscapeString(title) + "</h1>\n" + body +
		"\n<p class=\"small\">This is a simulated Bitbucket. All names are invented.</p></main></body></html>\n"
	return &answer{status: status, contentType: typeHTML, body: []byte(text), header: http.Header{
		"Cache-Control":           {"no-store"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
	}}
}

// loginPage is filled in with an administrator's address, since nobody could know the invented ones.
func loginPage(action, csrf, email, trouble string) *answer {
	if trouble != "" {
		trouble = `<p class="trouble" role="alert">` + html.EscapeString(trouble) + "</p>\n"
	}
	return page(200, "Log in", trouble+fill(`<form method="post" action="{action}">
<input type="hidden" name="csrf" value="{csrf}">
<label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="username" required value="{email}">
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="off" required aria-describedby="hint">
<p class="small" id="hint">Any password will do.</p>
<button class="main" name="choice" value="login">Log in</button>
</form>`, "action", action, "csrf", csrf, "email", email))
}

// consentPage asks. The scopes are HTML list items.
func consentPage(action, csrf, client, who, scopes string) *answer {
	return page(200, "Confirm access to your account", fill(`<p>Logged in as <strong>{who}</strong>.</p>
<p><strong>{client}</strong> asks to read, in your name:</p>
<ul>
`, "who", who, "client", client)+scopes+fill(`</ul>
<form method="post" action="{action}">
<input type="hidden" name="csrf" value="{csrf}">
<button class="main" name="choice" value="grant">Grant access</button><button name="choice" value="deny">Deny</button>
</form>`, "action", action, "csrf", csrf))
}

// fill puts escaped values in place of {names}.
func fill(template string, pairs ...string) string {
	for i := range pairs {
		if i%2 == 0 {
			pairs[i] = "{" + pairs[i] + "}"
		} else {
			pairs[i] = html.EscapeString(pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(template)
}
