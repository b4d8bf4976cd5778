package state_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// TestPreparedStatements: one text may be under way twice, may have failed, and may stand for another table than before.
func TestPreparedStatements(t *testing.T) {
	db := open(t, "sqlite://"+filepath.Join(t.TempDir(), "state.db")).SQL()
	execute := func(statement string, args ...any) error {
		_, err := db.ExecContext(t.Context(), statement, args...)
		return err
	}
	const insert = "INSERT INTO numbers VALUES ($1)"
	for _, err := range []error{execute("CREATE TABLE numbers (n BIGINT PRIMARY KEY)"), execute(insert, 1), execute(insert, 2)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := execute(insert, 2); err == nil {
		t.Error("a number was inserted twice")
	}
	if err := execute(insert, 3); err != nil {
		t.Errorf("after a failure: %v", err)
	}

	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const query = "SELECT * FROM numbers WHERE n >= $1 ORDER BY n"
	var pairs string
	numbers(t, tx, query, 2, func(n int) {
		numbers(t, tx, query, 1, func(m int) { pairs += fmt.Sprintf("%d%d ", n, m) })
	})
	if want := "21 22 23 31 32 33 "; pairs != want {
		t.Errorf("a query within itself: %s, want %s", pairs, want)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}

	for _, err := range []error{execute("DROP TABLE numbers"), execute("CREATE TABLE numbers (text TEXT, n BIGINT)"), execute("INSERT INTO numbers VALUES ('one', 1)")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var text string
	var n int
	if err := db.QueryRowContext(t.Context(), query, 1).Scan(&text, &n); err != nil || text != "one" || n != 1 {
		t.Errorf("of the new table: %s, %d, %v", text, n, err)
	}
}

func numbers(t *testing.T, tx *sql.Tx, query string, arg int, do func(int)) {
	t.Helper()
	rows, err := tx.QueryContext(t.Context(), query, arg)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		do(n)
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}
