# Its write-ahead log has an index in shared memory, which all of its processes map.
run() { sqlite3 -cmd '.timeout 30000' db "$@"; }
run 'pragma journal_mode=wal; create table t(i integer primary key, who int, s text);'
run 'pragma journal_mode'
children=
for who in 1 2 3; do
  (for i in $(seq 20); do run "insert into t(who, s) values($who, hex(randomblob(200)))" || echo "not written"; done) &
  children="$children $!"
done
(for i in $(seq 20); do run 'select count(*) from t' >> counts || echo "not read"; done) &
children="$children $!"
wait $children
sort -n -c counts && echo "nothing written is lost again"
run 'pragma integrity_check; select who, count(*), sum(length(s)) from t group by who; pragma wal_checkpoint(truncate);'
for mode in delete truncate persist memory; do
  run "pragma journal_mode=$mode; insert into t(who, s) values(9, 'x'); pragma integrity_check;"
done
run "pragma mmap_size=10000000; pragma journal_mode=wal; update t set s = s || 'y'; pragma integrity_check; select sum(length(s)) from t;"
