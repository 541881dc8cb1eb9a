// expects: is not a constant expression
#include <rondeau/sql/sql.h>

auto run(const rondeau::sql::Database& db, const char (&text)[20]) {
  return db.exec(text);
}
