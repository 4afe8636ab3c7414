// The etcd server, the reference of tests/etcd: what real etcd answers, discoveryd must answer.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
