// expects: rondeau: a plain function passes an error on with RONDEAU_TRY_PLAIN; RONDEAU_TRY is for coroutines, such as a Task<Result<T>>
#include <rondeau/base/result.h>

using rondeau::base::Result;

Result<int> number();

Result<int> twice() {
  RONDEAU_TRY(const int once, number());
  return 2 * once;
}
