// expects: rondeau: this member of a row has no column type; see sql/codec.h, or specialise sql::SqlFor<T>
#include <rondeau/sql/sql.h>

struct Account {
  int id;
};
struct User {
  Account account;
};

auto run(const rondeau::sql::Database& db) {
  return db.all<User>("select 1");
}
