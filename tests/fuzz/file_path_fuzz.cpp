// Paths of requests below a directory: by every means only what is below is opened.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <rondeau/static_files/content_type.h>

#include "static_files/glob.h"
#include "static_files/open_beneath.h"
#include "static_files/path.h"

using namespace rondeau;
using static_files::Confinement;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// What lies below the directory says "in", all else "out".
class Tree {
 public:
  Tree() {
    std::string name = (std::filesystem::temp_directory_path() / "rondeau-fuzz-XXXXXX").native();
    require(::mkdtemp(name.data()) != nullptr);
    all_ = name;
    std::filesystem::create_directories(all_ / "r/d/d");
    for (const char* in : {"r/a", "r/d/a", "r/d/d/a"}) std::ofstream(all_ / in) << "in";
    for (const char* out : {"a", "o"}) std::ofstream(all_ / out) << "out";
    std::filesystem::create_symlink("../o", all_ / "r/o");
    std::filesystem::create_symlink("..", all_ / "r/u");
    std::filesystem::create_symlink("/", all_ / "r/s");
    std::filesystem::create_symlink("d", all_ / "r/l");
    root_.reset(::open((all_ / "r").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    require(static_cast<bool>(root_));
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { std::filesystem::remove_all(all_); }

  void check(const std::string& path) const {
    for (Confinement how : {Confinement::Kernel, Confinement::Walk}) {
      const auto opened = static_files::open_beneath(root_.get(), path, how);
      struct stat status {};
      if (!opened || ::fstat(opened->get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      char text[3] = {};
      require(::read(opened->get(), text, sizeof(text)) == 2 && std::string_view(text) == "in");
    }
  }

 private:
  std::filesystem::path all_;
  base::UniqueFd root_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Tree tree;
  const std::string input(reinterpret_cast<const char*>(data), size);
  tree.check(input);
  for (std::size_t skipped : {std::size_t{0}, std::size_t{1}}) {
    const auto path = static_files::relative_path(input, skipped);
    if (!path) continue;
    require(path->text.find("//") == std::string::npos && !path->text.starts_with('/') && !path->text.ends_with('/'));
    require(path->text.find("/.") == std::string::npos && !path->text.starts_with('.'));
    require(path->text.find('\0') == std::string::npos);
    tree.check(path->text);
  }
  const std::size_t half = size / 2;
  static_cast<void>(static_files::glob_matches(input.substr(0, half), input.substr(half)));
  require(static_files::glob_matches("**", input));
  static_cast<void>(static_files::has_hash(input));
  require(!static_files::content_type_of(input).empty());
  return 0;
}
