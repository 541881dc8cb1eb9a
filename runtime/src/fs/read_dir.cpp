#include <rondeau/fs/read_dir.h>

#include <dirent.h>

#include <cstring>

#include <rondeau/fs/files.h>

#include "fs/call.h"
#include "fs/metadata.h"

namespace rondeau::fs {

/// Owned by the ReadDir and by the call that reads.
class ReadDir::Directory {
 public:
  Directory(DIR* directory, Path path) noexcept
      : directory_(directory), path_(std::make_shared<const Path>(std::move(path))) {}
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { ::closedir(directory_); }

  Batch read_batch() {
    constexpr std::size_t kBatch = 32;
    Batch batch;
    while (batch.entries.size() < kBatch) {
      errno = 0;
      const dirent* const entry = ::readdir(directory_);
      if (entry == nullptr) {
        if (errno != 0) batch.error = failed("read directory", *path_);
        batch.last = true;
        break;
      }
      if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
      batch.entries.emplace_back(path_, entry->d_name, type_of(static_cast<mode_t>(DTTOIF(entry->d_type))), entry->d_ino);
    }
    return batch;
  }

 private:
  DIR* directory_;
  std::shared_ptr<const Path> path_;
};

BlockingOperation<ReadDir> read_dir(Path path) {
  return looking(
      [](const Path& what) -> Result<ReadDir> {
        DIR* const opened = ::opendir(what.c_str());
        if (opened == nullptr) return failed("read directory", what);
        auto directory = std::make_shared<ReadDir::Directory>(opened, what);
        ReadDir::Batch first = directory->read_batch();
        return ReadDir(std::move(directory), std::move(first));
      },
      std::move(path));
}

BlockingOperation<Metadata> DirEntry::metadata() const {
  return symlink_metadata(path());
}

bool ReadDir::Next::try_now() {
  if (entries_.has_next()) return true;
  if (entries_.fetching_ == nullptr) entries_.fetch();
  return entries_.fetching_->try_now();
}

bool ReadDir::Next::enqueue() {
  if (entries_.fetching_ == nullptr) return false;
  entries_.fetching_->strand = strand;
  return entries_.fetching_->enqueue();
}

bool ReadDir::Next::fired() noexcept {
  return entries_.fetching_->fired();
}

void ReadDir::Next::disarm() noexcept {
  if (entries_.fetching_ != nullptr) entries_.fetching_->disarm();
}

std::optional<Result<DirEntry>> ReadDir::Next::await_resume() {
  if (entries_.fetching_ != nullptr) entries_.take_fetched();
  Batch& batch = entries_.batch_;
  if (!batch.entries.empty()) {
    DirEntry entry = std::move(batch.entries.front());
    batch.entries.pop_front();
    return entry;
  }
  if (batch.error) {
    Result<DirEntry> error = *std::move(batch.error);
    batch.error.reset();
    return error;
  }
  return std::nullopt;
}

void ReadDir::fetch() {
  fetching_.reset(new BlockingOperation<Batch>(
      looking([directory = directory_]() -> Result<Batch> { return directory->read_batch(); })));
}

void ReadDir::take_fetched() {
  Result<Batch> fetched = fetching_->await_resume();
  fetching_.reset();
  if (fetched) {
    batch_ = *std::move(fetched);
  } else {
    batch_ = Batch{.entries = {}, .error = std::move(fetched).error(), .last = true};
  }
}

}  // namespace rondeau::fs
