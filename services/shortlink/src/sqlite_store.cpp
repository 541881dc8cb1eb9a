// The store in SQLite: write-ahead log, one writing thread, readers with connections of their own on the blocking pool.
#include <sys/stat.h>

#include <cerrno>
#include <mutex>
#include <string_view>
#include <utility>

#include <rondeau/task/blocking.h>

#include "sqlite.h"
#include "store.h"
#include "writer.h"

namespace shortlink {
namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS links (
  id TEXT PRIMARY KEY, url TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, clicks INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS links_expiry ON links (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS clicks (
  link TEXT NOT NULL REFERENCES links ON DELETE CASCADE, hour INTEGER NOT NULL, clicks INTEGER NOT NULL,
  PRIMARY KEY (link, hour)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS referrers (
  link TEXT NOT NULL REFERENCES links ON DELETE CASCADE, host TEXT NOT NULL, clicks INTEGER NOT NULL,
  PRIMARY KEY (link, host)
) WITHOUT ROWID, STRICT;
)sql";

constexpr std::int64_t kHour = 3600;

std::int64_t seconds(Time time) {
  return time.time_since_epoch().count();
}
Time time_of(std::int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

/// What a path leads to, however it is called.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};
Result<FileId> file_id(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return rondeau::Error::from_os(errno, path);
  return FileId{status.st_dev, status.st_ino};
}

constexpr const char* kAnyLink = "SELECT 1 FROM links LIMIT 1";

/// Through a connection of its own: one that is open answers from its cache whatever became of the file.
Result<void> check_file(const std::string& path, FileId opened) {
  RONDEAU_TRY_PLAIN(const FileId now, file_id(path));
  if (now != opened) return rondeau::Error(rondeau::Errc::NotFound, path + ": is another file now");
  RONDEAU_TRY_PLAIN(Database database, Database::open(path, Database::Mode::ReadOnly));
  return database.execute(kAnyLink);
}

Result<void> insert_link(Database& database, const StoredLink& link) {
  RONDEAU_TRY_PLAIN(auto expired, database.prepare("DELETE FROM links WHERE id = ? AND expires_at <= ?"));
  RONDEAU_TRY_VOID_PLAIN(expired.bind(link.id).bind(seconds(link.created_at)).run());
  RONDEAU_TRY_PLAIN(auto insert,
                    database.prepare("INSERT INTO links (id, url, created_at, expires_at) VALUES (?, ?, ?, ?)"));
  insert.bind(link.id).bind(link.url).bind(seconds(link.created_at));
  if (link.expires_at) {
    insert.bind(seconds(*link.expires_at));
  } else {
    insert.bind(nullptr);
  }
  return insert.run();
}

Result<std::optional<StoredLink>> find_link(Database& database, std::string_view id) {
  RONDEAU_TRY_PLAIN(auto row,
                    database.prepare("SELECT id, url, created_at, expires_at, clicks FROM links WHERE id = ?"));
  RONDEAU_TRY_PLAIN(const bool found, row.bind(id).step());
  if (!found) return std::optional<StoredLink>();
  StoredLink link{row.text(0), row.text(1), time_of(row.integer(2)), std::nullopt, row.integer(4)};
  if (!row.is_null(3)) link.expires_at = time_of(row.integer(3));
  return std::optional(std::move(link));
}

/// False: the link is gone.
Result<bool> add_click(Database& database, const Click& click) {
  RONDEAU_TRY_PLAIN(auto total, database.prepare("UPDATE links SET clicks = clicks + 1 WHERE id = ?"));
  RONDEAU_TRY_VOID_PLAIN(total.bind(click.id).run());
  if (database.changes() == 0) return false;
  RONDEAU_TRY_PLAIN(auto hourly, database.prepare("INSERT INTO clicks VALUES (?, ?, 1) "
                                                  "ON CONFLICT DO UPDATE SET clicks = clicks + 1"));
  RONDEAU_TRY_VOID_PLAIN(hourly.bind(click.id).bind(seconds(click.at) / kHour * kHour).run());
  RONDEAU_TRY_PLAIN(auto by_referrer, database.prepare("INSERT INTO referrers VALUES (?, ?, 1) "
                                                       "ON CONFLICT DO UPDATE SET clicks = clicks + 1"));
  RONDEAU_TRY_VOID_PLAIN(by_referrer.bind(click.id).bind(click.referrer).run());
  return true;
}

Result<Stats> read_stats(Database& database, std::string_view id, Time from, Time to, std::int64_t bucket_seconds) {
  Stats stats;
  RONDEAU_TRY_PLAIN(auto hours,
                    database.prepare("SELECT hour / ?1 * ?1 AS bucket, sum(clicks) FROM clicks "
                                     "WHERE link = ?2 AND hour >= ?3 AND hour < ?4 GROUP BY bucket ORDER BY bucket"));
  hours.bind(bucket_seconds).bind(id).bind(seconds(from)).bind(seconds(to));
  for (;;) {
    RONDEAU_TRY_PLAIN(const bool row, hours.step());
    if (!row) break;
    stats.buckets.push_back({time_of(hours.integer(0)), hours.integer(1)});
    stats.total += hours.integer(1);
  }
  RONDEAU_TRY_PLAIN(auto hosts, database.prepare("SELECT host, clicks FROM referrers WHERE link = ? AND host <> '' "
                                                 "ORDER BY clicks DESC, host LIMIT 20"));
  hosts.bind(id);
  for (;;) {
    RONDEAU_TRY_PLAIN(const bool row, hosts.step());
    if (!row) break;
    stats.referrers.push_back({hosts.text(0), hosts.integer(1)});
  }
  return stats;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, FileId opened, Database database)
      : path_(std::move(path)), opened_(opened), writer_(std::move(database)) {}

  Task<Result<void>> insert(StoredLink link) override {
    co_return co_await writer_.write(
        [link = std::move(link)](Database& database) { return insert_link(database, link); });
  }

  Task<Result<std::vector<bool>>> insert_many(std::vector<StoredLink> links) override {
    co_return co_await writer_.write([links = std::move(links)](Database& database) -> Result<std::vector<bool>> {
      std::vector<bool> inserted;
      for (const StoredLink& link : links) {
        const Result<void> result = insert_link(database, link);
        if (!result && result.error() != rondeau::Errc::AlreadyExists) return result.error();
        inserted.push_back(result.has_value());
      }
      return inserted;
    });
  }

  Task<Result<std::optional<StoredLink>>> find(std::string id) override {
    co_return co_await read([id = std::move(id)](Database& database) { return find_link(database, id); });
  }

  Task<Result<std::size_t>> add_clicks(std::vector<Click> clicks) override {
    co_return co_await writer_.write([clicks = std::move(clicks)](Database& database) -> Result<std::size_t> {
      std::size_t counted = 0;
      for (const Click& click : clicks) {
        RONDEAU_TRY_PLAIN(const bool known, add_click(database, click));
        counted += known ? 1 : 0;
      }
      return counted;
    });
  }

  Task<Result<Stats>> stats(std::string id, Time from, Time to, std::int64_t bucket_seconds) override {
    co_return co_await read([id = std::move(id), from, to, bucket_seconds](Database& database) {
      return read_stats(database, id, from, to, bucket_seconds);
    });
  }

  Task<Result<std::int64_t>> delete_expired(Time now, std::int64_t limit) override {
    co_return co_await writer_.write([now, limit](Database& database) -> Result<std::int64_t> {
      RONDEAU_TRY_PLAIN(auto rows, database.prepare("DELETE FROM links WHERE id IN "
                                                    "(SELECT id FROM links WHERE expires_at <= ? LIMIT ?)"));
      RONDEAU_TRY_VOID_PLAIN(rows.bind(seconds(now)).bind(limit).run());
      return database.changes();
    });
  }

  Task<Result<void>> ping() override {
    if (path_.empty()) co_return co_await writer_.write([](Database& database) { return database.execute(kAnyLink); });
    auto result = co_await rondeau::task::blocking(check_file, path_, opened_);
    if (!result) co_return rondeau::Error(result.error());
    co_return *std::move(result);
  }

 private:
  /// On the blocking pool, with a connection of its own; a database in memory has one connection only, the writer's.
  template <class F>
  auto read(F query) -> Task<std::invoke_result_t<F&, Database&>> {
    if (path_.empty()) co_return co_await writer_.write(std::move(query));
    auto result = co_await rondeau::task::blocking(
        [this, query = std::move(query)]() mutable -> std::invoke_result_t<F&, Database&> {
          RONDEAU_TRY_PLAIN(Database database, take_reader());
          auto found = query(database);
          give_back(std::move(database));
          return found;
        });
    if (!result) co_return rondeau::Error(result.error());
    co_return *std::move(result);
  }

  Result<Database> take_reader() {
    {
      const std::lock_guard lock(mutex_);
      if (!readers_.empty()) {
        Database database = std::move(readers_.back());
        readers_.pop_back();
        return database;
      }
    }
    return Database::open(path_, Database::Mode::ReadOnly);
  }
  void give_back(Database database) {
    const std::lock_guard lock(mutex_);
    readers_.push_back(std::move(database));
  }

  const std::string path_;  // empty in memory
  const FileId opened_;
  Writer writer_;     // closes after the readers: the last connection folds the log into the database
  std::mutex mutex_;  // guards readers_
  std::vector<Database> readers_;
};

Result<void> prepare(Database& database) {
  // FULL: what was committed is on the disk, so an answered link survives even a power cut. Memory has no log.
  RONDEAU_TRY_VOID_PLAIN(
      database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"));
  // A lock for writing: two processes do not meet in the schema, and what cannot be written is found out now.
  RONDEAU_TRY_VOID_PLAIN(database.execute("BEGIN IMMEDIATE"));
  RONDEAU_TRY_VOID_PLAIN(database.execute(kSchema));
  return database.execute("COMMIT");
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const std::string& url) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!url.starts_with(kScheme) || url.size() == kScheme.size()) {
    return rondeau::Error(rondeau::Errc::InvalidArgument,
                          "database.url \"" + url + "\" is no sqlite:FILE or sqlite::memory:");
  }
  const std::string path = url.substr(kScheme.size());
  RONDEAU_TRY_PLAIN(Database database, Database::open(path, Database::Mode::ReadWrite));
  if (auto prepared = prepare(database); !prepared) return prepared.error().with("open " + path);
  std::string file = database.file();
  FileId opened;
  if (!file.empty()) {
    RONDEAU_TRY_PLAIN(opened, file_id(file));
  }
  return std::make_unique<SqliteStore>(std::move(file), opened, std::move(database));
}

}  // namespace shortlink
