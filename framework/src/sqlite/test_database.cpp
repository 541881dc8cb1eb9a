#include <rondeau/sqlite/test_database.h>

#include <stdlib.h>

#include <cerrno>
#include <system_error>

namespace rondeau::sqlite {
namespace {

std::string file_in(const std::filesystem::path& folder) {
  return (folder / "test.db").native();
}

/// Removes the folder where nobody takes it over.
class NewFolder {
 public:
  NewFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "rondeau-sqlite-XXXXXX").native();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  ~NewFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path take() noexcept { return std::exchange(path_, {}); }

 private:
  std::filesystem::path path_;
};

}  // namespace

Task<Result<TestDatabase, sql::Error>> TestDatabase::make(sql::Migrations migrations) {
  NewFolder folder;
  if (folder.path().empty()) {
    co_return sql::Error(sql::ErrorKind::Config,
                         {.message = "no temporary folder: " + std::generic_category().message(errno),
                          .phase = sql::Phase::Open});
  }
  RONDEAU_TRY(sql::Database database,
              co_await open({.file = file_in(folder.path()), .durability = Durability::Relaxed}));
  RONDEAU_TRY([[maybe_unused]] const auto report, co_await database.migrate(std::move(migrations)));
  co_return TestDatabase(folder.take(), std::move(database));
}

TestDatabase::~TestDatabase() {
  // Connections that are still open keep what they need of a file that has no name any more.
  std::error_code ignored;
  if (!folder_.empty() && !kept_) std::filesystem::remove_all(folder_, ignored);
}

std::string TestDatabase::file() const {
  return file_in(folder_);
}

}  // namespace rondeau::sqlite
