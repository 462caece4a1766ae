//go:build unix

package redistest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// MasterName is what a Sentinel of this package calls its master.
const MasterName = "finsdk"

// Sentinel starts a master, a replica of it and one Sentinel, which declares a server dead after
// half a second.
func Sentinel(t testing.TB) (master, replica, sentinel *Server) {
	t.Helper()
	path := binary(t, "redis-sentinel", "REDIS_SENTINEL")
	master = Start(t)
	replica = Start(t, "--replicaof", "127.0.0.1", master.port)
	Eventually(t, "the replica is in step", func() bool {
		info, _ := replica.Do("info", "replication").(string)
		return strings.Contains(info, "master_link_status:up")
	})
	sentinel = &Server{t: t, port: FreePort(t)}
	sentinel.Addr = "127.0.0.1:" + sentinel.port
	dir := t.TempDir()
	config := filepath.Join(dir, "sentinel.conf")
	lines := "port " + sentinel.port + "\nbind 127.0.0.1\ndir " + dir +
		"\nsentinel monitor " + MasterName + " 127.0.0.1 " + master.port + " 1" +
		"\nsentinel down-after-milliseconds " + MasterName + " 500" +
		"\nsentinel failover-timeout " + MasterName + " 3000\n"
	if err := os.WriteFile(config, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel.run(path, []string{config, "--sentinel"})
	sentinel.ready()
	Eventually(t, "Sentinel knows the replica", func() bool {
		replicas, _ := sentinel.Do("sentinel", "replicas", MasterName).([]any)
		return len(replicas) > 0
	})
	return master, replica, sentinel
}

// Cluster starts a Redis Cluster of three masters without replicas, and returns their addresses.
func Cluster(t testing.TB) (addrs []string) {
	t.Helper()
	ctx := context.Background()
	const slots = 16384
	var first *Server
	for i := range 3 {
		s := Start(t, "--cluster-enabled", "yes", "--cluster-config-file", filepath.Join(t.TempDir(), "nodes.conf"))
		c := redis.NewClient(&redis.Options{Addr: s.Addr})
		t.Cleanup(func() { _ = c.Close() })
		last := (i+1)*slots/3 - 1
		if err := c.ClusterAddSlotsRange(ctx, i*slots/3, last).Err(); err != nil {
			t.Fatal(err)
		}
		s.Do("cluster", "set-config-epoch", i+1)
		if first == nil {
			first = s
		} else {
			s.Do("cluster", "meet", "127.0.0.1", first.port)
		}
		addrs = append(addrs, s.Addr)
	}
	for _, addr := range addrs {
		c := redis.NewClient(&redis.Options{Addr: addr})
		Eventually(t, "the cluster is complete", func() bool {
			info := c.ClusterInfo(ctx).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
		_ = c.Close()
	}
	return addrs
}

// TLS starts a server that speaks TLS alone, and returns what a client needs to trust it. It skips
// the test if this redis-server was built without TLS.
func TLS(t testing.TB) (*Server, *tls.Config) {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certFile, keyFile := write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", private)

	path := binary(t, "redis-server", "REDIS_SERVER")
	s := &Server{t: t, port: FreePort(t)}
	s.Addr = "127.0.0.1:" + s.port
	s.run(path, []string{"--port", "0", "--tls-port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir,
		"--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certFile, "--tls-auth-clients", "no"})
	for end := time.Now().Add(3 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(end) {
			t.Skip("this redis-server speaks no TLS")
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	return s, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

// SlowProxy returns the address of a proxy to addr that holds every answer for delay, which set
// changes.
func SlowProxy(t testing.TB, addr string, delay time.Duration) (proxy string, set func(time.Duration)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns []net.Conn
		hold  atomic.Int64
	)
	set = func(d time.Duration) { hold.Store(int64(d)) }
	set(delay)
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", addr)
			if err != nil {
				_ = in.Close()
				continue
			}
			mu.Lock()
			conns = append(conns, in, out)
			mu.Unlock()
			wg.Go(func() {
				_, _ = io.Copy(out, in)
				_ = out.Close()
			})
			wg.Go(func() {
				defer in.Close()
				buf := make([]byte, 64<<10)
				for {
					n, err := out.Read(buf)
					if err != nil {
						return
					}
					time.Sleep(time.Duration(hold.Load()))
					if _, err := in.Write(buf[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	return l.Addr().String(), set
}

// Eventually waits until ok, for at most 20 s.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in 20 s: %s", what)
		}
	}
}

// Failover asks a Sentinel for a failover, as soon as it finds the replica good enough.
func Failover(t testing.TB, sentinel *Server) {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: sentinel.Addr})
	defer c.Close()
	Eventually(t, "Sentinel starts a failover", func() bool {
		return c.Do(context.Background(), "sentinel", "failover", MasterName).Err() == nil
	})
}
