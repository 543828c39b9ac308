"""The tables of the demo's library."""

from django.db import models


class Author(models.Model):
    """Who wrote a book."""

    name = models.CharField(max_length=100)
    country = models.CharField(max_length=50)
    born = models.PositiveSmallIntegerField("year of birth")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    """A title that the library has."""

    GENRES = ("biography", "crime", "essays", "fantasy", "history", "poetry", "romance", "science", "travel")

    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, models.CASCADE)
    year = models.PositiveSmallIntegerField()
    genre = models.CharField(max_length=20, choices=[(genre, genre.capitalize()) for genre in GENRES])
    price = models.DecimalField(max_digits=6, decimal_places=2)
    pages = models.PositiveSmallIntegerField()
    notes = models.TextField(blank=True)
    lendable = models.BooleanField(default=True)

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title


class Member(models.Model):
    """Who may borrow."""

    name = models.CharField(max_length=100)
    city = models.CharField(max_length=50)
    email = models.EmailField(blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Loan(models.Model):
    """A book that a member has or had."""

    book = models.ForeignKey(Book, models.CASCADE)
    member = models.ForeignKey(Member, models.CASCADE)
    due = models.DateField()
    returned = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.book} to {self.member}"
