// expects: rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>
#include <rondeau/rondeau.h>
using namespace rondeau;

class Sealed {
 public:
  explicit Sealed(int value) : value_(value) {}

 private:
  int value_;
};

int main() {
  Router<> router;
  router.get<"/u">([]() -> Task<Result<Created<Json<Sealed>>, Problem>> { co_return problem(StatusCode::Gone); });
}
