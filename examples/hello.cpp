// The smallest service: a parameter of the path, one of the query, JSON both ways. Run: build/examples/hello --port
// 8080
//   curl localhost:8080/hello/Ada
//   curl localhost:8080/hello/Ada?times=3
//   curl localhost:8080/visitors -H 'content-type: application/json' -d '{"name":"Ada","age":36}'
#include <string>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

using namespace rondeau;

struct Greeting {
  std::string message;
};
struct Visitor {
  NonEmpty name;
  Ranged<int, 0, 150> age;
};
struct Times {
  Ranged<int, 1, 10> times = 1;
};

Json<Greeting> hello(Path<"name"> name, Query<Times> query) {
  std::string message = "Hello";
  for (int i = 0; i < *query->times; ++i) message += ", " + *name;
  return Json{Greeting{message}};
}

Result<Json<Greeting>, Problem> welcome(Json<Visitor> visitor) {
  if (*visitor->age < 18) return problem(StatusCode::Forbidden, "come back later");
  return Json{Greeting{"Welcome, " + *visitor->name}};
}

int main(int argc, char** argv) {
  Router<> router;
  router.get<"/hello/{name}">(hello).summary("Greets by name");
  router.post<"/visitors">(welcome).summary("Lets grown-ups in");
  return Service("hello").run(argc, argv, router);
}
