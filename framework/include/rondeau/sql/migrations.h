// Migrations: how the tables become what the program expects.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/sql/error.h>
#include <rondeau/task/task.h>

namespace rondeau::sql {

class Backend;

/// A file of SQL: its name, and what stands in it.
struct MigrationFile {
  std::string name;
  std::string text;
};

/// `0001_create_links.sql`, or `0001_create_links.postgres.sql` and `0001_create_links.sqlite.sql` where the texts differ;
/// `.down.sql` (`0001_create_links.down.sql`, `….down.sqlite.sql`) undoes it. Versions are numbers from 1 on.
///
/// Each runs in a transaction of its own, with its row in the table `_rondeau_migrations`. One whose first line is
/// `-- no-transaction` runs without (CREATE INDEX CONCURRENTLY): it must be able to run twice.
class Migrations {
 public:
  Migrations() = default;
  /// Errors: Migration, for a name that is none, a version twice, a text that is no UTF-8.
  static Result<Migrations, Error> from_files(std::span<const MigrationFile> files);
  /// All `*.sql` of a folder. Blocks: before the service serves. Errors: those of from_files, and Config with the path.
  static Result<Migrations, Error> from_folder(const std::string& path);
  /// The table that rondeau-embed makes: anything with `path` and `content`, such as static_files::EmbeddedFile.
  template <class Table>
    requires requires(const Table& table) { std::string_view(table.begin()->path), std::string_view(table.begin()->content); }
  static Result<Migrations, Error> from_table(const Table& table) {
    std::vector<MigrationFile> files;
    for (const auto& file : table) files.push_back({std::string(file.path), std::string(file.content)});
    return from_files(files);
  }

  struct Step {
    std::uint32_t version = 0;
    std::string description;  ///< "create links"
    std::string text;
    std::string undo;         ///< empty: there is none
    std::string checksum;     ///< SHA-256 of `text` with LF line ends, in hexadecimal
    bool in_transaction = true;
  };
  /// Those for a database, by version. `system` as Backend::system() says it.
  std::vector<Step> steps(std::string_view system) const;
  /// Of everything: tells test databases apart.
  std::string checksum() const;

 private:
  struct Named {
    std::uint32_t version = 0;
    std::string description;
    std::string system;  // empty: all
    bool undo = false;
    std::string text;
  };
  std::vector<Named> files_;
};

struct MigrateOptions {
  Duration wait = std::chrono::seconds(60);         ///< for another program that migrates
  Duration lock_timeout = std::chrono::seconds(5);  ///< of each statement: does not queue the whole service behind it
  std::optional<std::uint32_t> down_to = std::nullopt;  ///< undoes what is newer instead
};

struct MigrationReport {
  std::vector<std::uint32_t> applied;  ///< by this call, in order
  std::vector<std::uint32_t> undone;
  std::vector<std::uint32_t> unknown;  ///< newer than this program: another one has them
};

struct MigrationState {
  std::uint32_t version = 0;
  std::string description;
  bool applied = false;
  bool changed = false;  ///< applied with another text
  bool known = true;     ///< false: newer than this program
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> installed_at = std::nullopt;
};

/// What Database::migrate() does. Errors: Migration, where an applied file was changed, or an older one than those applied
/// is missing in the table; those of the statements, with the file's name.
Task<Result<MigrationReport, Error>> migrate(std::shared_ptr<Backend> backend, Migrations migrations,
                                             MigrateOptions options);
Task<Result<std::vector<MigrationState>, Error>> migration_status(std::shared_ptr<Backend> backend,
                                                                  Migrations migrations);

}  // namespace rondeau::sql
