package web

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Origin writes the scheme and host of an address as browsers do: in lower case, without the scheme's own port.
func Origin(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	return scheme + "://" + hostOf(scheme, u.Host)
}

// hostOf is a Host header as browsers send it.
func hostOf(scheme, host string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// asked reports whether a Host header names us, and whether it does so as PUBLIC_URL does. Where we listen on loopback,
// any loopback name with our port is ours as well.
func (s *site) asked(host string) (us, public bool) {
	scheme, publicHost, _ := strings.Cut(s.PublicURL, "://")
	if hostOf(scheme, host) == publicHost {
		return true, true
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, "80"
	}
	listening, ours, err := net.SplitHostPort(s.Listening)
	return err == nil && loopback(listening) && loopback(name) && port == ours, false
}

func loopback(name string) bool {
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// from is the address that a request comes from. Behind a proxy of ours it is the one that the proxy names, the last
// one in the header: those before it are whatever the client says.
func (s *site) from(r *http.Request) string {
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(peer)
	if !s.secure() || ip == nil || !ip.IsLoopback() && !ip.IsPrivate() {
		return peer
	}
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if last := net.ParseIP(strings.TrimSpace(forwarded[len(forwarded)-1])); last != nil {
		return last.String()
	}
	return peer
}
