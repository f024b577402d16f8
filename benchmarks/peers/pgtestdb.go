// Tests that write, each in a database of pgtestdb's: prints what each took, in seconds, as JSON.
package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/peterldowns/pgtestdb"
)

// one is a test, as pgtestdb sees it.
type one struct{ ends []func() }

func (t *one) Cleanup(end func())            { t.ends = append(t.ends, end) }
func (t *one) Failed() bool                  { return false }
func (t *one) Helper()                       {}
func (t *one) Logf(string, ...any)           {}
func (t *one) Fatalf(format string, of ...any) { log.Fatalf(format, of...) }

type migrations string

func (m migrations) Hash() (string, error) {
	sum := sha256.Sum256([]byte(m))
	return hex.EncodeToString(sum[:8]), nil
}

func (m migrations) Migrate(ctx context.Context, db *sql.DB, _ pgtestdb.Config) error {
	_, err := db.ExecContext(ctx, string(m))
	return err
}

func writes(config pgtestdb.Config, prepare migrations, number int) {
	t := &one{}
	db := pgtestdb.New(t, config, prepare)
	if _, err := db.Exec("INSERT INTO orders (customer_id, item, quantity) VALUES (1, $1, 1)", strconv.Itoa(number)); err != nil {
		log.Fatal(err)
	}
	var count int
	if err := db.QueryRow("SELECT count(*) FROM orders").Scan(&count); err != nil || count != 3 {
		log.Fatal(count, err)
	}
	for at := len(t.ends) - 1; at >= 0; at-- {
		t.ends[at]()
	}
}

func main() {
	var told struct {
		Port       int
		Password   string
		Migrations string
		Tests      int
	}
	said, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = json.Unmarshal(said, &told)
	}
	if err != nil {
		log.Fatal(err)
	}
	config := pgtestdb.Config{
		DriverName: "pgx", Host: "127.0.0.1", Port: strconv.Itoa(told.Port), User: "postgres", Password: told.Password,
		Database: "postgres", Options: "sslmode=disable",
	}
	taken := make([]float64, told.Tests)
	for number := range taken {
		began := time.Now()
		writes(config, migrations(told.Migrations), number)
		taken[number] = time.Since(began).Seconds()
	}
	out, _ := json.Marshal(taken)
	fmt.Println(string(out))
}
