#include "files.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

#include <rondeau/crypto/digest.h>

namespace rondeau::tool {
namespace {

Refusal cannot(std::string_view verb, const fs::path& path, const std::error_code& error) {
  return refuse("cannot " + std::string(verb) + " " + path.string() + ": " + error.message());
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

Outcome<void> put(const fs::path& path, std::string_view content) {
  std::FILE* const file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return cannot("write", path, last_error());
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const int why = errno;
  const bool closed = std::fclose(file) == 0;
  if (!written) return cannot("write", path, {why, std::generic_category()});
  if (!closed) return cannot("write", path, last_error());
  return {};
}

/// Gone with everything in it, unless it was renamed.
struct Building {
  fs::path folder;
  ~Building() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

}  // namespace

Outcome<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return fail("cannot read " + path.string() + ": it is a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("cannot read " + path.string() + ": " + last_error().message());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Outcome<void> write_file(const fs::path& path, std::string_view content) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) return cannot("make", path.parent_path(), error);
  const fs::path beside = path.string() + ".rondeau-" + std::to_string(getpid());
  if (auto written = put(beside, content); !written) {
    fs::remove(beside, error);
    return written;
  }
  fs::rename(beside, path, error);
  if (error) {
    std::error_code ignored;
    fs::remove(beside, ignored);
    return cannot("write", path, error);
  }
  return {};
}

Outcome<void> write_folder(const fs::path& target, const Tree& files, const std::map<std::string, std::string>& links) {
  const fs::path absolute = fs::absolute(target).lexically_normal();
  std::error_code error;
  fs::create_directories(absolute.parent_path(), error);
  if (error) return cannot("make", absolute.parent_path(), error);
  const Building building{absolute.parent_path() /
                          ("." + absolute.filename().string() + ".rondeau-" + std::to_string(getpid()))};
  if (!fs::create_directory(building.folder, error)) return cannot("write to", absolute.parent_path(), error);
  for (const auto& [path, content] : files) {
    fs::create_directories((building.folder / path).parent_path(), error);
    if (error) return cannot("make", (building.folder / path).parent_path(), error);
    RONDEAU_TRY_VOID_PLAIN(put(building.folder / path, content));
  }
  for (const auto& [path, to] : links) {
    fs::create_directories((building.folder / path).parent_path(), error);
    fs::create_symlink(to, building.folder / path, error);
    if (error) return cannot("link", absolute / path, error);
  }
  // An empty folder gives way; one that somebody filled meanwhile does not.
  fs::rename(building.folder, absolute, error);
  if (error) return cannot("write", absolute, error);
  return {};
}

bool is_free(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (status.type() == fs::file_type::not_found) return true;
  return status.type() == fs::file_type::directory && fs::is_empty(target, error) && !error;
}

std::string hash_of(std::string_view content) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : crypto::sha256(content)) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace rondeau::tool
