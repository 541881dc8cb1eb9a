// What keeps a request below its directory, by both means: the kernel's, and walking.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "static_files/open_beneath.h"
#include "support/open_descriptors.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using static_files::Confinement;

namespace {

/// root/ is served; what stands beside it is not to be seen.
struct Tree {
  support::TemporaryDirectory all;
  base::UniqueFd root;

  Tree() {
    std::filesystem::create_directories(all / "root/sub/deep");
    std::filesystem::create_directories(all / "outside");
    all.put("root/a.txt", "a");
    all.put("root/sub/b.txt", "b");
    all.put("root/sub/deep/c.txt", "c");
    all.put("outside/secret", "secret");
    all.put("secret", "secret");
    link("a.txt", "root/link");
    link("sub", "root/sublink");
    link("../a.txt", "root/sub/up");
    link("../secret", "root/out");
    link("../outside", "root/outdir");
    link((all / "secret").c_str(), "root/absolute");
    link((all / "root/a.txt").c_str(), "root/absolute-inside");
    link("loop", "root/loop");
    link("nowhere", "root/dangling");
    link("/proc/self/root", "root/magic");
    REQUIRE(::mkfifo((all / "root/fifo").c_str(), 0600) == 0);
    root.reset(::open((all / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(root);
  }
  void link(const char* to, const char* name) const { std::filesystem::create_symlink(to, all / name); }

  /// What was read; "(none)" for what is not found.
  std::string read(const std::string& path, Confinement how) const {
    auto opened = static_files::open_beneath(root.get(), path, how);
    if (!opened) return opened.error() == Errc::NotFound ? "(none)" : opened.error().message();
    char buffer[16];
    const ssize_t count = ::read(opened->get(), buffer, sizeof(buffer));
    return count < 0 ? "(no content)" : std::string(buffer, static_cast<std::size_t>(count));
  }
};

bool kernel_can(const Tree& tree) {
  auto opened = static_files::open_beneath(tree.root.get(), "a.txt", Confinement::Kernel);
  return opened || opened.error() != Errc::Unsupported;
}

}  // namespace

TEST_CASE("static_files: nothing outside of the directory is opened, whatever it is called") {
  const Tree tree;
  struct Case {
    std::string path;
    std::string_view kernel;
    std::string_view walk;
  };
  const bool by_kernel = kernel_can(tree);
  const Case cases[] = {
      {"a.txt", "a", "a"},
      {"sub/b.txt", "b", "b"},
      {"sub/deep/c.txt", "c", "c"},
      {"link", "a", "(none)"},
      {"sublink/b.txt", "b", "(none)"},
      {"sub/up", "a", "(none)"},
      {"sub/../a.txt", "a", "(none)"},
      {"sub/deep/../../a.txt", "a", "(none)"},
      {"../secret", "(none)", "(none)"},
      {"sub/../../secret", "(none)", "(none)"},
      {"..", "(none)", "(none)"},
      {"out", "(none)", "(none)"},
      {"outdir/secret", "(none)", "(none)"},
      {"absolute", "(none)", "(none)"},
      {"absolute-inside", "(none)", "(none)"},
      {"magic/etc/passwd", "(none)", "(none)"},
      {"loop", "(none)", "(none)"},
      {"dangling", "(none)", "(none)"},
      {(tree.all / "secret").native(), "(none)", "(none)"},
      {"/etc/passwd", "(none)", "(none)"},
      {"", "(none)", "(none)"},
      {"a.txt/", "(none)", "(none)"},
      {"a.txt/x", "(none)", "(none)"},
      {"missing", "(none)", "(none)"},
      {std::string("a.txt\0x", 7), "(none)", "(none)"},
      {std::string("..\0", 3), "(none)", "(none)"},
      {std::string(5000, 'x'), "(none)", "(none)"},
      {"sub", "(no content)", "(no content)"},
      {"fifo", "", ""},  // opened without a writer, at once
  };
  for (const Case& row : cases) {
    CAPTURE(row.path);
    if (by_kernel) CHECK(tree.read(row.path, Confinement::Kernel) == row.kernel);
    CHECK(tree.read(row.path, Confinement::Walk) == row.walk);
  }
}

TEST_CASE("static_files: opening leaves no descriptor behind, found or not") {
  const Tree tree;
  const auto before = support::open_descriptors();
  for (const char* path : {"sub/deep/c.txt", "sub/deep/missing", "out", "a.txt/x"}) {
    for (Confinement how : {Confinement::Kernel, Confinement::Walk}) static_cast<void>(tree.read(path, how));
  }
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("static_files: a directory that is swapped for a link outside at any moment lets nothing out") {
  const Tree tree;
  std::filesystem::create_directories(tree.all / "root/swap");
  tree.all.put("root/swap/secret", "public");
  tree.link("../outside", "root/other");
  std::atomic<bool> stop{false};
  // Exchanges the two names, so that each is there all the time.
  std::thread swapper([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      static_cast<void>(::renameat2(tree.root.get(), "swap", tree.root.get(), "other", RENAME_EXCHANGE));
      std::this_thread::sleep_for(std::chrono::microseconds(20));  // or the kernel keeps others out for long
    }
  });
  const bool by_kernel = kernel_can(tree);
  int found = 0;
  int refused = 0;
  int leaked = 0;
  // Both names were met by both means, many times.
  for (int round = 0; round < 200'000 && (round < 10'000 || found < 100 || refused < 100); ++round) {
    const std::string got =
        tree.read("swap/secret", round % 2 == 0 && by_kernel ? Confinement::Kernel : Confinement::Walk);
    found += got == "public";
    leaked += got == "secret";
    refused += got == "(none)";
  }
  stop.store(true, std::memory_order_relaxed);
  swapper.join();
  CHECK(leaked == 0);
  CHECK(found > 0);
  CHECK(refused > 0);
}
