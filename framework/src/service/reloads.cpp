#include "service/reloads.h"

#include <optional>
#include <utility>

#include <rondeau/observe/log.h>

#include "service/life.h"

namespace rondeau::service {

void Reloads::add(std::string name, Context::Reload reload) {
  const std::lock_guard lock(mutex_);
  all_.push_back({std::move(name), std::move(reload)});
}

Task<Result<std::string>> Reloads::run(std::shared_ptr<Reloads> reloads) {
  const auto round = co_await reloads->rounds_.acquire();
  std::vector<Named> all;
  {
    const std::lock_guard lock(reloads->mutex_);
    all = reloads->all_;
  }
  if (all.empty()) {
    log::write(log::Level::Info, "service", "nothing to reload", {});
    co_return Error(Errc::Unsupported, "nothing to reload");
  }
  std::string names;
  std::optional<Error> failed;
  for (const Named& one : all) {
    names += (names.empty() ? "" : ", ") + one.name;
    const Result<void> done = co_await one.reload();
    if (done) {
      log::write(log::Level::Info, "service", "reloaded", {{"part", one.name}});
      continue;
    }
    log::write(log::Level::Error, "service", "what was there stays", {{"part", one.name}, {"why", words_of(done.error())}});
    if (!failed) failed = done.error().with(one.name);
  }
  if (failed) co_return *std::move(failed);
  co_return names;
}

}  // namespace rondeau::service
