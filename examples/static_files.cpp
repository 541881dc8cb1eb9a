// A folder of files beside an API: types, ranges, 304, compressed copies, a page that routes by itself.
// Run: build/examples/static_files --port 8080 --set folder=public
//   curl -i localhost:8080/
//   curl -r 0-99 localhost:8080/assets/app.js
#include <chrono>
#include <string>

#include <rondeau/fs/read_dir.h>
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/static_files/files.h>

using namespace rondeau;

struct Settings {
  std::string folder = "public";
};
struct Time {
  std::chrono::sys_seconds now;
};

Json<Time> what_time() {
  return Json{Time{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())}};
}

/// Nothing outside of the folder is served, nor names with a dot in front: the kernel sees to it, whatever links lead
/// where. Where app.js.br or app.js.gz lies beside app.js, clients that can read it get it.
Task<Result<Router<>>> set_up(service::Context&, const Settings& settings) {
  RONDEAU_TRY_VOID(co_await fs::read_dir(settings.folder));  // told now rather than at each request
  Router<> router;
  // Routes win over files, in whatever order they are added.
  router.get<"/api/time">(what_time).summary("What time it is");
  router.merge(
      files("/", settings.folder,
            {
                .spa = "index.html",  // /users/7 is the page's own affair; /assets/none.js stays a 404
                // Pages are asked for again each time, which is a 304; what has a new name in each release is kept.
                .cache = {{"*.html", "no-cache"}, {"assets/**", "public, max-age=31536000, immutable"}},
            }));
  co_return router;
}

int main(int argc, char** argv) {
  return Service("static_files").run<Settings>(argc, argv, set_up);
}
