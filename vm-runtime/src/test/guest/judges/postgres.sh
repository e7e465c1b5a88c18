# A cluster that is made, filled, killed, recovered and checked.
export PGDATA=$PWD/data POSTGRES_PASSWORD=test PGUSER=postgres PGHOST=/run/postgresql
chmod 755 .
begin() {
  docker-entrypoint.sh postgres > log 2>&1 &
  server=$!
  for i in $(seq 300); do
    grep -q 'ready to accept connections' log && pg_isready -q -h 127.0.0.1 && return
    sleep 0.2
  done
  cat log >&2
  exit 1
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }
check() {
  sql 'select count(*), sum(i), sum(length(s)) from t; select count(*), sum(abalance) = (select sum(delta) from pgbench_history) from pgbench_accounts'
  sql "select count(*) from (select bt_index_check(c.oid, true) from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
    where a.amname = 'btree' and c.relpersistence = 'p') checked" > /dev/null && echo "indexes are right"
}
begin
sql 'create extension amcheck; create table t(i int primary key, s text)'
sql "insert into t select i, repeat('x', i % 100) from generate_series(1, 5000) i; checkpoint; update t set s = s || 'y' where i % 3 = 0"
pgbench -i -q -s 1 > out 2>&1 || { cat out >&2; exit 1; }
pgbench -n -c 2 -t 50 > out 2>&1 || { cat out >&2; exit 1; }
grep 'number of transactions actually' out
check
kill -QUIT $server
wait $server
begin
check
sql 'delete from t where i > 1000'
sql 'vacuum full t'
sql checkpoint
kill -INT $server
wait $server
begin
check
grep -c 'PANIC\|could not' log
kill -INT $server
wait $server
echo "ended $?"
