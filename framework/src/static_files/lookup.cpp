#include "static_files/lookup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "static_files/open_beneath.h"

namespace rondeau::static_files {
namespace {

using Kind = Found::Kind;

/// The directory for one request, or none, where paths are trusted.
class Root {
 public:
  static Result<Root> open(const std::string& path) {
    Root root;
    if (path.empty()) return root;
    root.fd_.reset(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root.fd_) return Error::from_os(errno, "open the directory " + path);
    return root;
  }
  Result<base::UniqueFd> open_below(const std::string& path) const {
    if (fd_) return open_beneath(fd_.get(), path);
    base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!fd) return Error::from_os(errno, "open " + path);
    return fd;
  }

 private:
  base::UniqueFd fd_;
};

/// The file is not there, or is none for us. Otherwise something is wrong with the system.
bool is_about_the_file(const Error& error) noexcept {
  return error == Errc::NotFound || error == Errc::PermissionDenied;
}

/// True where `name` can be opened: then it is in `found`.
Result<bool> open_into(const Root& root, const std::string& name, Found& found) {
  auto opened = root.open_below(name);
  if (!opened) return is_about_the_file(opened.error()) ? Result<bool>(false) : Result<bool>(opened.error());
  if (::fstat(opened->get(), &found.status) != 0) return Error::from_os(errno, "look at a file to serve");
  found.fd = *std::move(opened);
  return true;
}

/// A regular file in the best coding there is.
Result<void> find_coded(const Root& root, const Wanted& wanted, const std::string& name, Found& found) {
  found.kind = Kind::Nothing;
  RONDEAU_TRY_PLAIN(const bool is_there, open_into(root, name, found));
  if (!is_there || !S_ISREG(found.status.st_mode)) return {};
  found.name = name;
  for (const Coding& coding : wanted.codings) {
    if (coding.name.empty()) {
      found.kind = Kind::File;
      return {};
    }
    Found coded;
    RONDEAU_TRY_PLAIN(const bool is_coded, open_into(root, name + std::string(coding.extension), coded));
    if (!is_coded || !S_ISREG(coded.status.st_mode)) continue;
    coded.kind = Kind::File;
    coded.name = name;
    coded.coding = coding;
    found = std::move(coded);
    return {};
  }
  found.kind = Kind::NotAcceptable;
  return {};
}

Result<void> find_directory(const Root& root, const Wanted& wanted, Found& found) {
  found.kind = Kind::Nothing;
  if (wanted.index.empty()) return {};
  const std::string& path = wanted.path.text;
  return find_coded(root, wanted, path.empty() ? wanted.index : path + "/" + wanted.index, found);
}

Result<void> find_named(const Root& root, const Wanted& wanted, Found& found) {
  if (wanted.path.text.empty()) {
    if (wanted.path.ends_in_slash) return find_directory(root, wanted, found);
    found.kind = Kind::NeedsSlash;
    return {};
  }
  if (wanted.path.ends_in_slash) return find_directory(root, wanted, found);
  RONDEAU_TRY_VOID_PLAIN(find_coded(root, wanted, wanted.path.text, found));
  const bool is_directory = found.kind == Kind::Nothing && found.fd && S_ISDIR(found.status.st_mode);
  if (is_directory && !wanted.index.empty()) found.kind = Kind::NeedsSlash;
  return {};
}

bool looks_like_a_page(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1).find('.') == std::string_view::npos;
}

/// Reads a small file, unless it changes meanwhile: then it is sent from where it lies.
void read_small(Found& found) {
  const auto size = static_cast<std::uint64_t>(found.status.st_size);
  if (size > kReadWhole) return;
  std::string content(size, '\0');
  std::size_t got = 0;
  while (got < content.size()) {
    const ssize_t count = ::pread(found.fd.get(), content.data() + got, content.size() - got, static_cast<off_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    got += static_cast<std::size_t>(count);
  }
  found.content = std::move(content);
  found.fd.reset();
}

}  // namespace

Result<Found> find_file(const Wanted& wanted) {
  RONDEAU_TRY_PLAIN(const Root root, Root::open(wanted.root));
  Found found;
  RONDEAU_TRY_VOID_PLAIN(find_named(root, wanted, found));
  if (found.kind == Kind::Nothing && !wanted.spa.empty() && looks_like_a_page(wanted.path.text)) {
    RONDEAU_TRY_VOID_PLAIN(find_coded(root, wanted, wanted.spa, found));
  }
  if (found.kind != Kind::File) {
    found.fd.reset();
    return found;
  }
  // O_NONBLOCK was for opening alone.
  static_cast<void>(::fcntl(found.fd.get(), F_SETFL, 0));
  read_small(found);
  return found;
}

}  // namespace rondeau::static_files
