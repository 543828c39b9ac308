"""The admin's lists and forms, with most of what the admin offers."""

from django.contrib import admin
from django_project.library.models import Author, Book, Loan, Member


class BooksOfAuthor(admin.TabularInline):
    """Books in an author's form."""

    model = Book
    fields = ("title", "year", "genre", "price", "pages")
    extra = 1


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    """Authors."""

    list_display = ("name", "country", "born")
    list_filter = ("country",)
    search_fields = ("name",)
    inlines = (BooksOfAuthor,)


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    """Books."""

    list_display = ("title", "author", "year", "genre", "price", "lendable")
    list_editable = ("lendable",)
    list_filter = ("genre", "lendable", "author__country")
    list_per_page = 25
    search_fields = ("title", "author__name")
    autocomplete_fields = ("author",)
    fieldsets = ((None, {"fields": ("title", "author", "genre", "year")}), ("Copy", {"fields": ("price", "pages")}))


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):
    """Members."""

    list_display = ("name", "city", "email")
    list_filter = ("city",)
    search_fields = ("name",)


@admin.register(Loan)
class LoanAdmin(admin.ModelAdmin):
    """Loans."""

    list_display = ("book", "member", "due", "returned")
    list_filter = ("due", "member__city")
    date_hierarchy = "due"
    raw_id_fields = ("book",)
    autocomplete_fields = ("member",)
