#include <rondeau/io/watcher.h>

#include <rondeau/base/assert.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::io {
namespace {

detail::Wake wake_of_this_task(std::source_location where) {
  detail::Header* const task = detail::current_task();
  if (task == nullptr) base::fail("a Watcher is made by the task that is to be told", where);
  return {task, 0};
}

}  // namespace

Watcher::Watcher(std::source_location where) : wake_(wake_of_this_task(where)) {}

}  // namespace rondeau::io
