"""The admin site, and a page that only users see."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import JsonResponse
from django.urls import path


@login_required
def private(request):
    return JsonResponse({"user": request.user.username, "url": request.build_absolute_uri()})


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(template_name="admin/login.html"), name="login"),
    path("private/", private, name="private"),
]
