// The store in a database: statements that SQLite and PostgreSQL understand alike.
#ifdef SHORTLINK_POSTGRES
#include <rondeau/postgres/database.h>
#endif
#include <rondeau/sqlite/sqlite.h>
#include <rondeau/static_files/embedded.h>

#include "store.h"

/// What is in the folder migrations; made by rondeau-embed.
std::span<const rondeau::EmbeddedFile> shortlink_migrations();

namespace shortlink {
namespace {

namespace sql = rondeau::sql;
using rondeau::Unexpected;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kOne = 1;

std::int64_t seconds(Time time) {
  return time.time_since_epoch().count();
}
Time time_of(std::int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

struct LinkRow {
  std::string id;
  std::string url;
  std::int64_t created_at = 0;
  std::optional<std::int64_t> expires_at;
  std::int64_t clicks = 0;
};
struct BucketRow {
  std::int64_t at = 0;
  std::int64_t clicks = 0;
};

std::optional<std::int64_t> expiry(const StoredLink& link) {
  return link.expires_at ? std::optional(seconds(*link.expires_at)) : std::nullopt;
}

/// Makes room for a link of this id, where the old one has expired.
sql::Item<std::int64_t> forget_expired(const StoredLink& link) {
  return sql::exec("delete from links where id = $1 and expires_at <= $2", link.id, seconds(link.created_at));
}

class SqlStore final : public Store {
 public:
  explicit SqlStore(sql::Database database) : database_(std::move(database)) {}

  Task<Result<void>> insert(StoredLink link) override {
    RONDEAU_TRY_VOID(co_await database_.batch(
        forget_expired(link), sql::exec("insert into links (id, url, created_at, expires_at) values ($1, $2, $3, $4)",
                                        link.id, link.url, seconds(link.created_at), expiry(link))));
    co_return {};
  }

  Task<Result<std::vector<bool>>> insert_many(std::vector<StoredLink> links) override {
    std::vector<sql::Item<std::int64_t>> items;
    for (const StoredLink& link : links) {
      items.push_back(forget_expired(link));
      items.push_back(sql::exec("insert into links (id, url, created_at, expires_at) values ($1, $2, $3, $4) "
                                "on conflict (id) do nothing",
                                link.id, link.url, seconds(link.created_at), expiry(link)));
    }
    RONDEAU_TRY(const std::vector<std::int64_t> rows, co_await database_.batch(std::move(items)));
    std::vector<bool> inserted;
    for (std::size_t i = 1; i < rows.size(); i += 2) inserted.push_back(rows[i] == 1);
    co_return inserted;
  }

  Task<Result<std::optional<StoredLink>>> find(std::string id) override {
    RONDEAU_TRY(const auto row, co_await database_.maybe<LinkRow>(
                                    "select id, url, created_at, expires_at, clicks from links where id = $1", id));
    if (!row) co_return std::nullopt;
    StoredLink link{row->id, row->url, time_of(row->created_at), std::nullopt, row->clicks};
    if (row->expires_at) link.expires_at = time_of(*row->expires_at);
    co_return link;
  }

  Task<Result<std::size_t>> add_clicks(std::vector<Click> clicks) override {
    std::vector<sql::Item<std::int64_t>> items;
    for (const Click& click : clicks) {
      items.push_back(sql::exec("update links set clicks = clicks + 1 where id = $1", click.id));
      items.push_back(sql::exec("insert into clicks (link, hour, clicks) select id, $2, $3 from links where id = $1 "
                                "on conflict (link, hour) do update set clicks = clicks.clicks + 1",
                                click.id, seconds(click.at) / kHour * kHour, kOne));
      items.push_back(sql::exec("insert into referrers (link, host, clicks) select id, $2, $3 from links where id = $1 "
                                "on conflict (link, host) do update set clicks = referrers.clicks + 1",
                                click.id, click.referrer, kOne));
    }
    RONDEAU_TRY(const std::vector<std::int64_t> rows, co_await database_.batch(std::move(items)));
    std::size_t counted = 0;
    for (std::size_t i = 0; i < rows.size(); i += 3) counted += rows[i] == 1 ? 1 : 0;
    co_return counted;
  }

  Task<Result<Stats>> stats(std::string id, Time from, Time to, std::int64_t bucket_seconds) override {
    RONDEAU_TRY(auto both,
                co_await database_.batch(
                    sql::all<BucketRow>("select hour / $1 * $1 as at, cast(sum(clicks) as bigint) as clicks from clicks "
                                        "where link = $2 and hour >= $3 and hour < $4 group by 1 order by 1",
                                        bucket_seconds, id, seconds(from), seconds(to)),
                    sql::all<Referrer>("select host, clicks from referrers where link = $1 and host <> '' "
                                       "order by clicks desc, host limit 20",
                                       id)));
    auto& [buckets, referrers] = both;
    Stats stats;
    for (const BucketRow& bucket : buckets) {
      stats.buckets.push_back({time_of(bucket.at), bucket.clicks});
      stats.total += bucket.clicks;
    }
    stats.referrers = std::move(referrers);
    co_return stats;
  }

  Task<Result<std::int64_t>> delete_expired(Time now, std::int64_t limit) override {
    RONDEAU_TRY(const std::int64_t gone,
                co_await database_.exec("delete from links where id in "
                                        "(select id from links where expires_at <= $1 limit $2)",
                                        seconds(now), limit));
    co_return gone;
  }

  Task<Result<void>> ping() override {
    // A file may be another one than it was.
    if (database_.system() == "sqlite") RONDEAU_TRY_VOID(co_await rondeau::sqlite::check(database_));
    RONDEAU_TRY_VOID(co_await database_.maybe<std::string>("select id from links limit 1"));
    co_return {};
  }

 private:
  const sql::Database database_;
};

Task<Result<sql::Database>> open_database(std::string url) {
#ifdef SHORTLINK_POSTGRES
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) {
    RONDEAU_TRY(const rondeau::postgres::Database database, co_await rondeau::postgres::open(std::move(url)));
    co_return sql::Database(database);
  }
#endif
  RONDEAU_TRY(sql::Database database, co_await rondeau::sqlite::open_url(std::move(url)));
  co_return database;
}

}  // namespace

Task<Result<std::unique_ptr<Store>>> open_store(std::string url) {
  RONDEAU_TRY(sql::Database database, co_await open_database(std::move(url)));
  RONDEAU_TRY(sql::Migrations migrations, sql::Migrations::from_table(shortlink_migrations()));
  RONDEAU_TRY_VOID(co_await database.migrate(std::move(migrations)));
  std::unique_ptr<Store> store = std::make_unique<SqlStore>(std::move(database));
  co_return store;
}

}  // namespace shortlink
