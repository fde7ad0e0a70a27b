public = APIRouter(prefix="/public")
orders = APIRouter(prefix="/orders", dependencies=[Depends(require_token)])
app.include_router(public)
app.include_router(orders)
