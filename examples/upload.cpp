// Files that are stored as they arrive: any size up to a limit, no half file under its name, whatever the client does.
// Run: build/examples/upload --port 8080 --set folder=uploads
//   curl -T picture.png localhost:8080/files/picture.png
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include <unistd.h>

#include <rondeau/crypto/random.h>
#include <rondeau/fs/file.h>
#include <rondeau/fs/files.h>
#include <rondeau/middleware/timeout.h>
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/task/shield.h>

using namespace rondeau;

/// No slash, no dot in front, nothing that a shell or a terminal minds: a name, and never a path.
using FileName = Matches<"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$">;

struct Stored {
  std::string name;
  std::uint64_t bytes = 0;
};
struct Settings {
  std::string folder = "uploads";
};
struct App {
  std::filesystem::path folder;
};

/// A file that goes away with it, unless it was kept. A client may leave at any moment, and then this is all that runs.
class Unfinished {
 public:
  explicit Unfinished(std::filesystem::path path) : path_(std::move(path)) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (!kept_) ::unlink(path_.c_str());
  }
  const std::filesystem::path& path() const { return path_; }
  void kept() { kept_ = true; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

Task<Result<fs::File>> create_new(std::filesystem::path path) {
  co_return co_await fs::File::create_new(std::move(path));
}

/// Memory holds one piece; while the disk is slow the client waits.
Task<Result<Created<Json<Stored>>, Problem>> store(State<App> app, Path<"name", FileName> name, BodyStream body) {
  Unfinished unfinished(app->folder / ("." + random_token(16)));
  // What is cut may still happen, and would make the file behind the back of who removes it: so this is not cut.
  RONDEAU_TRY(auto file, co_await shield(create_new(unfinished.path())));
  std::uint64_t bytes = 0;
  for (;;) {
    RONDEAU_TRY(const Bytes piece,
                co_await body.next());  // 413, 408, or the end of it all, are the framework's answers
    if (piece.empty()) break;
    RONDEAU_TRY_VOID(co_await file.write_all(piece.span()));
    bytes += piece.size();
  }
  RONDEAU_TRY_VOID(co_await file.sync_all());
  RONDEAU_TRY_VOID(co_await std::move(file).close());
  RONDEAU_TRY_VOID(co_await fs::rename(unfinished.path(), app->folder / **name));
  unfinished.kept();
  co_return Created{Json{Stored{**name, bytes}}, "/files/" + **name};
}

Task<Result<Router<App>>> set_up(service::Context&, const Settings& settings) {
  RONDEAU_TRY_VOID(co_await fs::create_dir_all(settings.folder));
  Router<App> router(App{settings.folder});
  router.put<"/files/{name}">(store)
      .summary("Stores a file, in the place of what was there")
      .body_limit(64 * 1024 * 1024)
      .layer(middleware::HandlerTimeout{std::chrono::minutes(10)});  // who is slower than 1 KiB/s is cut off before
  co_return router;
}

int main(int argc, char** argv) {
  return Service("upload").run<Settings>(argc, argv, set_up);
}
