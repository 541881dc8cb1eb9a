// A service that knows its own contract: an OpenAPI document and a page of it, made of types.
// Run: build/examples/openapi --port 8080, and look at http://localhost:8080/docs
//   curl localhost:8080/openapi.json
//   build/examples/openapi --openapi-diff published.json    (fails where a client of yesterday would break)
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

using namespace rondeau;

enum class Progress { open, done };

struct NewTask {
  static constexpr std::array doc{Doc{"", "Something to do"}, Doc{"title", "one line", "Water the plants"}};
  Checked<std::string, rules::MinLength<1>, rules::MaxLength<80>> title;
  Progress progress = Progress::open;  // not required; the document shows the default
  std::optional<std::string> note;     // not required; may be null
};
struct Entry {
  int id = 0;
  NewTask task;
};
struct Filter {
  Ranged<int, 1, 100> limit = 20;
  std::optional<Progress> progress;
};

class Tasks {
 public:
  std::vector<Entry> list(const Filter& filter) const {
    const std::lock_guard lock(mutex_);
    std::vector<Entry> out;
    for (const auto& [id, task] : tasks_) {
      if (static_cast<int>(out.size()) == *filter.limit) break;
      if (!filter.progress || task.progress == *filter.progress) out.push_back({id, task});
    }
    return out;
  }
  std::optional<Entry> find(int id) const {
    const std::lock_guard lock(mutex_);
    const auto found = tasks_.find(id);
    return found == tasks_.end() ? std::nullopt : std::optional(Entry{id, found->second});
  }
  std::optional<Entry> add(NewTask task) {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() >= kMost) return std::nullopt;
    const int id = static_cast<int>(tasks_.size()) + 1;  // none is ever removed
    tasks_.emplace(id, task);
    return Entry{id, std::move(task)};
  }

 private:
  static constexpr std::size_t kMost = 1000;
  mutable std::mutex mutex_;  // guards tasks_
  std::map<int, NewTask> tasks_;
};

Json<std::vector<Entry>> list_tasks(State<Tasks> tasks, Query<Filter> filter) {
  return Json{tasks->list(*filter)};
}
Result<Created<Json<Entry>>, Problem> create_task(State<Tasks> tasks, Json<NewTask> task) {
  auto added = tasks->add(*task);
  if (!added) return problem(StatusCode::InsufficientStorage, "there are too many");
  const std::string where = "/tasks/" + std::to_string(added->id);
  return Created{Json{*std::move(added)}, where};
}
std::optional<Json<Entry>> show_task(State<Tasks> tasks, Path<"id", int> id) {
  auto found = tasks->find(*id);
  return found ? std::optional(Json{*std::move(found)}) : std::nullopt;
}

int main(int argc, char** argv) {
  Router<Tasks> router(std::make_shared<Tasks>());
  // A handler that is a template argument names its operation. What the signature cannot say stands behind it.
  router.get<"/tasks", list_tasks>().summary("Lists tasks").tag("tasks");
  router.post<"/tasks", create_task>().summary("Adds a task").tag("tasks").also(StatusCode::InsufficientStorage);
  router.get<"/tasks/{id}", show_task>().summary("Shows a task").tag("tasks");
  router.docs("/docs");  // and /openapi.json
  return Service("openapi", "1.0.0").run(argc, argv, std::move(router));
}
