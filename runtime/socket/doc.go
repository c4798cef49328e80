// Package socket makes listeners and connections: tcp, tls and unix, with errors that say which operation failed on which
// address, and whether trying again may help.
package socket
