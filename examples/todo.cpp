// A list of things to do, in memory, for pages of any origin. Run: build/examples/todo --port 8080
//   curl localhost:8080/todos -H 'content-type: application/json' -d '{"title":"buy flour","order":1}'
//   curl localhost:8080/todos/1 -X PATCH -H 'content-type: application/json' -d '{"completed":true}'
//   curl localhost:8080/todos
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

using namespace rondeau;

struct NewTodo {
  std::string title;
  bool completed = false;
  std::optional<std::int64_t> order;
};
struct Change {
  std::optional<std::string> title;
  std::optional<bool> completed;
  std::optional<std::int64_t> order;
};
struct Todo {
  std::int64_t id = 0;
  std::string title;
  bool completed = false;
  std::optional<std::int64_t> order;
  std::string url;  ///< absolute, as the client that asks can use it
};

class Todos {
 public:
  Todo add(NewTodo what) {
    const std::lock_guard lock(mutex_);
    const std::int64_t id = ++last_id_;
    return todos_[id] = Todo{id, std::move(what.title), what.completed, what.order, {}};
  }
  std::vector<Todo> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Todo> out;
    for (const auto& [id, todo] : todos_) out.push_back(todo);
    return out;
  }
  std::optional<Todo> find(std::int64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found = todos_.find(id);
    return found == todos_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Todo> change(std::int64_t id, Change what) {
    const std::lock_guard lock(mutex_);
    const auto found = todos_.find(id);
    if (found == todos_.end()) return std::nullopt;
    Todo& todo = found->second;
    if (what.title) todo.title = *std::move(what.title);
    if (what.completed) todo.completed = *what.completed;
    if (what.order) todo.order = what.order;
    return todo;
  }
  bool remove(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    return todos_.erase(id) > 0;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    todos_.clear();
  }

 private:
  mutable std::mutex mutex_;  // guards all below; held for no longer than a look at the map
  std::map<std::int64_t, Todo> todos_;
  std::int64_t last_id_ = 0;
};

/// Where the client has found us; todos' addresses begin with it.
struct Here {
  std::string base;

  Todo show(Todo todo) const {
    todo.url = base + "/todos/" + std::to_string(todo.id);
    return todo;
  }
};
Here here(Scheme scheme, Authority authority) {
  return {*scheme + "://" + *authority};
}
using From = Depends<here>;

Json<std::vector<Todo>> list(State<Todos> todos, From from) {
  std::vector<Todo> out = todos->all();
  for (Todo& todo : out) todo = from->show(std::move(todo));
  return Json{std::move(out)};
}

Created<Json<Todo>> add(State<Todos> todos, From from, Json<NewTodo> what) {
  Todo added = from->show(todos->add(std::move(*what)));
  const std::string url = added.url;
  return Created{Json{std::move(added)}, url};
}

NoContent clear(State<Todos> todos) {
  todos->clear();
  return NoContent{};
}

std::optional<Json<Todo>> show(State<Todos> todos, From from, Path<"id", std::int64_t> id) {
  auto found = todos->find(*id);
  if (!found) return std::nullopt;
  return Json{from->show(*std::move(found))};
}

std::optional<Json<Todo>> change(State<Todos> todos, From from, Path<"id", std::int64_t> id, Json<Change> what) {
  auto changed = todos->change(*id, std::move(*what));
  if (!changed) return std::nullopt;
  return Json{from->show(*std::move(changed))};
}

Result<NoContent, Problem> forget(State<Todos> todos, Path<"id", std::int64_t> id) {
  if (!todos->remove(*id)) return problem(StatusCode::NotFound, "there is no such todo");
  return NoContent{};
}

int main(int argc, char** argv) {
  Router<Todos> router(std::make_shared<Todos>());  // a mutex cannot be moved: the state is made where it stays
  router.get<"/todos">(list).summary("All there is to do");
  router.post<"/todos">(add).summary("Add one");
  router.del<"/todos">(clear).summary("Forget all");
  router.get<"/todos/{id}">(show).summary("One of them");
  router.patch<"/todos/{id}">(change).summary("Change what is given of it");
  router.del<"/todos/{id}">(forget).summary("Forget one");
  router.layer(Cors({.allow_origin = Any(), .allow_methods = Any(), .allow_headers = {"content-type"}}));
  return Service("todo").run(argc, argv, std::move(router));
}
